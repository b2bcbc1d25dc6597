//! ONNX models as experts. Each is written here, node by node.

#![cfg(feature = "onnx")]

mod support;

use std::path::{Path, PathBuf};
use std::time::Duration;

use mild::wire::{Answer, Payload, Status};
use mild_gateway::config::Config;
use mild_gateway::experts::onnx::{Answered, InferenceError, Model};
use mild_gateway::experts::{ExpertAnswer, ExpertRequest, Input};
use mild_gateway::responder::{Responder, Source, answer_lines};
use mild_gateway::server::Server;
use mild_test_support::onnx::{FLOAT, INT64, bytes, code, model, node, number, tensor, value};
use serde_json::Value;
use support::Node;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

fn onnx(nodes: &[Vec<u8>], input: Vec<u8>, outputs: &[Vec<u8>]) -> Vec<u8> {
    let tensors = [
        tensor("weights", &[3, 2], &[1.0, 0.0, 0.0, 1.0, 0.5, -0.5]),
        tensor("bias", &[2], &[0.0, 1.0]),
        tensor("column", &[3, 1], &[1.0, 2.0, 0.25]),
        tensor("step", &[], &[0.125]),
        code("zero", 5),
        tensor("share", &[], &[1.0 / 256.0]),
        code("lowest", -128),
    ];
    model(nodes, &tensors, &input, outputs)
}

/// `x · weights + bias`.
fn logits() -> Vec<Vec<u8>> {
    vec![node("MatMul", &["x", "weights"], "product"), node("Add", &["product", "bias"], "logits")]
}

fn features() -> Vec<u8> {
    value("x", FLOAT, Some(3))
}

struct File {
    // Deleted when dropped.
    directory: tempfile::TempDir,
}

impl File {
    fn new(content: &[u8]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("expert.onnx"), content).unwrap();
        Self { directory }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("expert.onnx")
    }
}

fn load(content: &[u8]) -> Result<Model, String> {
    Model::load(&File::new(content).path()).map_err(|error| error.to_string())
}

fn classifier() -> Vec<u8> {
    onnx(&logits(), features(), &[value("logits", FLOAT, Some(2))])
}

fn near(found: Option<f32>, expected: f32) {
    assert!(found.is_some_and(|found| (found - expected).abs() < 1e-6), "{found:?} {expected}");
}

/// 1 / (1 + e^-d).
fn logistic(difference: f32) -> f32 {
    1.0 / (1.0 + (-difference).exp())
}

#[test]
fn the_classes_of_an_int8_model_follow_its_input() {
    // Logits and probabilities are 8-bit integers.
    let quantized = |from: &str, scale, zero, to: &str| {
        let codes = format!("{to} codes");
        let make = node("QuantizeLinear", &[from, scale, zero], &codes);
        vec![make, node("DequantizeLinear", &[&codes, scale, zero], to)]
    };
    let nodes = [
        logits(),
        quantized("logits", "step", "zero", "rounded"),
        vec![node("Softmax", &["rounded"], "classes")],
        quantized("classes", "share", "lowest", "probabilities"),
    ];
    let output = value("probabilities", FLOAT, Some(2));
    let model = load(&onnx(&nodes.concat(), features(), &[output])).unwrap();
    // Logits 2 and 3, as above; 3.5 and -1.5, each a multiple of 0.125.
    for (input, difference) in [([3, 1, -2], 1.0), ([3, -2, 1], -5.0)] {
        let Answered::Class { label, probabilities } =
            model.answer_fully(&Input::Raw(input.to_vec())).unwrap()
        else {
            panic!("no class");
        };
        // At most 255 of 256, as the codes end there.
        let rounded = |share: f32| (share * 256.0).round().min(255.0);
        let [other, one] = [logistic(-difference), logistic(difference)].map(rounded);
        assert_eq!(label, u32::from(difference > 0.0));
        near(Some(probabilities[1]), one / (one + other));
    }
}

#[test]
fn logits_and_probabilities_give_the_same_answer() {
    let logits_only = load(&classifier()).unwrap();
    let nodes = [logits(), vec![node("Softmax", &["logits"], "classes")]].concat();
    let softmax = load(&onnx(&nodes, features(), &[value("classes", FLOAT, Some(2))])).unwrap();
    // Logits 3 - 1 = 2, and 1 + 1 + 1 = 3.
    let input = Input::Raw(vec![3, 1, -2]);
    for model in [logits_only, softmax] {
        assert_eq!(model.features(), 3);
        let answer = model.answer(&input).unwrap();
        assert_eq!((answer.label, answer.value), (Some(1), None));
        near(answer.confidence, logistic(1.0));
    }
}

#[test]
fn a_label_with_probabilities_is_taken_unchanged() {
    let mut argmax = node("ArgMax", &["classes"], "label");
    // The last axis, which is dropped.
    for (name, value) in [("axis", 1), ("keepdims", 0)] {
        argmax.extend(bytes(5, [bytes(1, name), number(3, value), number(20, 2)].concat()));
    }
    let nodes = [logits(), vec![node("Softmax", &["logits"], "classes"), argmax]].concat();
    let outputs = [value("label", INT64, None), value("classes", FLOAT, Some(2))];
    let answer =
        load(&onnx(&nodes, features(), &outputs)).unwrap().answer(&Input::Codes(vec![3, 1, 2]));
    let answer = answer.unwrap();
    // 4 and 1.
    assert_eq!((answer.label, answer.value), (Some(0), None));
    near(answer.confidence, logistic(3.0));
}

#[test]
fn one_number_is_a_value() {
    let nodes = [node("MatMul", &["x", "column"], "value")];
    let model = load(&onnx(&nodes, features(), &[value("value", FLOAT, Some(1))])).unwrap();
    let of =
        |features: [f32; 3]| model.answer(&Input::Bytes(features.map(f32::to_le_bytes).concat()));
    let expected = ExpertAnswer { value: Some(6.5), ..ExpertAnswer::default() };
    assert_eq!(of([0.5, 2.5, 4.0]), Ok(expected));
    // A value that is not finite is not an answer.
    assert!(matches!(of([f32::NAN, 0.0, 0.0]), Err(InferenceError::InvalidOutput)));
    assert!(matches!(of([f32::MAX, f32::MAX, 0.0]), Err(InferenceError::InvalidOutput)));
}

#[test]
fn unusable_inputs_and_models_are_refused_with_a_reason() {
    let model = load(&classifier()).unwrap();
    let refused = |input| model.answer(&input).unwrap_err().to_string();
    assert_eq!(refused(Input::Raw(vec![1, 2])), "found 2 features, expected 3");
    assert_eq!(refused(Input::Codes(Vec::new())), "found 0 features, expected 3");
    assert!(refused(Input::Bytes(vec![0; 13])).contains("found 13 bytes"));

    let one = |node: Vec<u8>, input| onnx(&[node], input, &[value("logits", FLOAT, Some(2))]);
    for (content, parts) in [
        (b"no model".to_vec(), &["expert.onnx"][..]),
        (Vec::new(), &["expert.onnx", "does not contain a graph"]),
        (
            one(node("MatMul", &["x", "weights"], "logits"), value("x", INT64, Some(3))),
            &["found an input of I64", "32-bit"],
        ),
        (one(node("Guess", &["x"], "logits"), features()), &["Guess"]),
        (one(node("MatMul", &["x", "nothing"], "logits"), features()), &["nothing"]),
        (
            // Four features do not fit three rows of weights.
            one(node("MatMul", &["x", "weights"], "logits"), value("x", FLOAT, Some(4))),
            &["expert.onnx"],
        ),
    ] {
        let error = load(&content).map(drop).unwrap_err();
        for part in parts {
            assert!(error.contains(part), "{part}: {error}");
        }
    }
}

#[tokio::test]
async fn a_gateway_runs_a_model() {
    let file = File::new(&classifier());
    let text = "[listen]\ntcp = ['127.0.0.1:0']\n\
                [[expert]]\nindex = 1\nname = 'model'\nonnx = 'expert.onnx'\n";
    let config = Config::parse(text, &file.directory.path().join("gateway.toml")).unwrap();
    let server = Server::start(config).await.unwrap();
    let mut node = Node::connect(&server, 5).await;
    let readings: Vec<u8> = [3i16, 1, -2].iter().flat_map(|r| r.to_le_bytes()).collect();
    node.ask_about(1, 1, Payload::Raw(&readings)).await;
    let reply = node.reply().await;
    assert_eq!((reply.status, reply.answer), (Status::Ok, Answer::Label(1)));
    near(Some(f32::from(reply.confidence) / 65_535.0), 0.731_06);
    // A request that the model cannot answer does not affect later ones.
    node.ask_about(2, 1, Payload::Raw(&readings[..4])).await;
    assert_eq!(node.reply().await.status, Status::Unreachable);
    node.ask_about(3, 1, Payload::Raw(&readings)).await;
    assert_eq!(node.reply().await.status, Status::Ok);
    server.stop().await.unwrap();

    let text = text.replace("expert.onnx", "lost.onnx");
    let config = Config::parse(&text, Path::new("gateway.toml")).unwrap();
    let error = Server::start(config).await.map(drop).unwrap_err().to_string();
    assert!(error.contains("model") && error.contains("lost.onnx"), "{error}");
}

#[tokio::test]
async fn a_model_answers_over_http() {
    let source = Source::Model(load(&classifier()).unwrap());
    let (ready, address) = oneshot::channel();
    tokio::spawn(Responder::new(source, Duration::ZERO).serve_http(
        "127.0.0.1:0".parse().unwrap(),
        |address| ready.send(address).unwrap(),
        CancellationToken::new(),
    ));
    let url = format!("http://{}/", address.await.unwrap());
    // The client brings no provider of its own.
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::new();
    let ask = async |payload| {
        let local = ExpertAnswer::default();
        let request = ExpertRequest {
            node: 1,
            session: String::new(),
            sequence: 1,
            image: 0,
            expert: 1,
            local,
            margin: 0,
            payload,
        };
        client.post(&url).json(&request).send().await.unwrap()
    };
    let answer: ExpertAnswer = ask(Input::Codes(vec![3, 1, -2])).await.json().await.unwrap();
    assert_eq!(answer.label, Some(1));
    near(answer.confidence, logistic(1.0));
    let refused = ask(Input::Codes(vec![3])).await;
    assert_eq!(refused.status(), 422);
    assert_eq!(refused.text().await.unwrap(), "found 1 features, expected 3");
}

/// What `mild log collect` sends of a row.
fn line(features: &[f32]) -> String {
    let payload = Input::Bytes(features.iter().flat_map(|x| x.to_le_bytes()).collect());
    let mut request = serde_json::to_value(ExpertRequest {
        node: 0,
        session: "0000000000000000".to_owned(),
        sequence: 1,
        image: 0,
        expert: 0,
        local: ExpertAnswer::default(),
        margin: 0,
        payload,
    })
    .unwrap();
    request["row"] = serde_json::json!({ "x": features });
    request.to_string() + "\n"
}

fn lines(model: &Model, classes: &[&str], input: &str) -> Vec<Value> {
    let classes: Vec<String> = classes.iter().map(|&name| name.to_owned()).collect();
    let mut output = Vec::new();
    answer_lines(model, &classes, input.as_bytes(), &mut output).unwrap();
    let output = String::from_utf8(output).unwrap();
    output.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn each_line_gets_a_line_with_all_probabilities() {
    let model = load(&classifier()).unwrap();
    let input = line(&[3.0, 1.0, -2.0]) + "what?\n" + &line(&[1.0]) + &line(&[9.0, 0.0, 0.0]);
    let found = lines(&model, &["calm", "storm"], &input);
    assert_eq!(found.len(), 4);
    assert_eq!(found[0]["label"], "storm");
    let probability = |name: &str| found[0]["probabilities"][name].as_f64().map(|p| p as f32);
    near(probability("storm"), logistic(1.0));
    near(probability("calm"), logistic(-1.0));
    near(found[0]["confidence"].as_f64().map(|p| p as f32), logistic(1.0));
    assert!(found[1]["error"].as_str().unwrap().contains("no request"), "{}", found[1]);
    assert_eq!(found[2]["error"], "found 1 features, expected 3");
    assert_eq!(found[3]["label"], "calm");
    // Without names a class is its number, and another number of names is an error.
    let numbered = &lines(&model, &[], &line(&[3.0, 1.0, -2.0]))[0];
    assert_eq!(numbered["label"], 1);
    near(numbered["probabilities"][1].as_f64().map(|p| p as f32), logistic(1.0));
    let three = &lines(&model, &["a", "b", "c"], &line(&[3.0, 1.0, -2.0]))[0];
    assert_eq!(three["error"], "found 2 classes, expected 3");
    let nodes = [node("MatMul", &["x", "column"], "value")];
    let value = load(&onnx(&nodes, features(), &[value("value", FLOAT, Some(1))])).unwrap();
    assert_eq!(lines(&value, &[], &line(&[0.5, 2.5, 4.0]))[0]["value"], 6.5);
}
