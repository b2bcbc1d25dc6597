//! Experts whose answers have a class and a value, from the log to the image.

use std::path::Path;

use mild_trainer::Dataset;
use mild_trainer::Forgetful;
use mild_trainer::Silent;
use mild_trainer::config::Config;
use mild_trainer::internals::methods::{Contender, run};
use mild_trainer::internals::reference::{best_single, oracle};
use mild_trainer::{read_log_from, train};

/// `local` names the class where a < 0.3 and the value where b < 0; `cloud` always names the class,
/// and the value where b > 0. A wrong value is off by 4, of which SmoothL1 makes 3.5.
fn table(rows: usize) -> String {
    let mut text = String::from("a,b,y,t,split,class_local,value_local,class_cloud,value_cloud\n");
    let mut random = mild_trainer::internals::random::Random::new(5);
    for row in 0..rows {
        let (a, b) = (2.0 * random.uniform() - 1.0, 2.0 * random.uniform() - 1.0);
        let (class, target) = (u8::from(random.uniform() < 0.5), 10.0 * random.uniform());
        let local = if a < 0.3 { class } else { 1 - class };
        let (of_local, of_cloud) =
            if b < 0.0 { (target, target + 4.0) } else { (target - 4.0, target) };
        let split = ["train", "train", "calibration", "test"][row % 4];
        text += &format!(
            "{a:.4},{b:.4},{class},{target:.4},{split},{local},{of_local:.4},{class},{of_cloud:.4}\n"
        );
    }
    text
}

fn read(more: &str, rows: usize) -> (Config, Dataset) {
    let text = format!(
        "[data]\nlog = 'log.csv'\nfeatures = ['a', 'b']\nlabel = 'y'\ntarget = 't'\nsplit = 'split'\n\
         [[expert]]\nname = 'local'\nprediction = 'class_local'\nvalue = 'value_local'\n\
         [[expert]]\nname = 'cloud'\nprediction = 'class_cloud'\nvalue = 'value_cloud'\nprice = 0.01\n\
         [train]\neffort = 'quick'\n[rejector]\nhidden = [8]\nmethod = 'multi-task'\n{more}"
    );
    let config = Config::parse(&text, Path::new("mild.toml")).unwrap();
    let data = read_log_from(table(rows).as_bytes(), Path::new("log.csv"), &config).unwrap();
    (config, data)
}

#[test]
fn the_expert_is_chosen_by_class_and_value_together() {
    // Where local's value is right and its class is not, the weights decide whom to ask.
    for (weights, ask_where_class_is_wrong) in
        [("", false), ("[multi_task]\nlambda_2 = 0.1\n", true)]
    {
        let (config, data) = read(weights, 2400);
        let trained = train(&config, &data, &Silent).unwrap();
        assert!(trained.choice.to_string().contains("two-stage tau=sum"), "{}", trained.choice);
        let test = &data.test;
        let choices = trained.int8_choices(test);
        let loss = test.mean_deferral_loss(|row| choices[row]);
        let single = best_single(test);
        let single = test.mean_deferral_loss(|_| single);
        let oracle = oracle(test);
        let oracle = test.mean_deferral_loss(|row| oracle[row]);
        assert!(loss < oracle + 0.1 * (single - oracle), "{loss}: {oracle} to {single}");
        let clear = |row: &&usize| test.row(**row)[0] > 0.4 && test.row(**row)[1] < -0.1;
        let rows: Vec<usize> = (0..test.rows()).collect();
        let there = rows.iter().filter(clear).count();
        let asked = rows.iter().filter(clear).filter(|&&row| choices[row] == 1).count();
        let wrongly = if ask_where_class_is_wrong { there - asked } else { asked };
        assert!(there > 50 && wrongly * 20 < there, "{wrongly} of {there}");
    }
}

#[test]
fn the_method_is_a_contender_on_logs_without_values_too() {
    let (valued, data) = read("", 800);
    let (config, plain) = {
        let without = Config { multi_task: None, ..valued.clone() };
        let mut plain = data.clone();
        for part in [&mut plain.train, &mut plain.calibration, &mut plain.test] {
            // Right or wrong is all that is left.
            let mut columns = part.clone().into_columns();
            let plain = |error: &mut f32| *error = f32::from(u8::from(*error > 0.1));
            columns.errors.iter_mut().for_each(plain);
            *part = columns.build().unwrap();
        }
        (without, plain)
    };
    for (config, data) in [(&valued, &data), (&config, &plain)] {
        let contender = Contender::Image("multi-task".parse().unwrap());
        let run = run(contender, config, data, &Forgetful, &Silent).unwrap();
        assert!(run.image_bytes.is_some() && run.chosen.contains("tau=sum"), "{}", run.chosen);
    }
}
