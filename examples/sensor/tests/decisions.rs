//! Trained on a log of raw readings, the same decisions come from a sensor on a bus.

use embedded_hal::i2c::{ErrorKind, NoAcknowledgeSource};
use embedded_hal_mock::eh1::i2c::{Mock, Transaction};
use mild::{Reachable, Rejector};
use mild_test_support::cold_store;
use mild_trainer::config::Config;
use mild_trainer::{Silent, read_log, train};
use sensor::tmp105::{ADDRESS, Error, Tmp105};
use sensor::{Monitor, WINDOW};

const SCRATCH: usize = 64;

/// What is on the bus when the sensor is configured.
fn configured() -> Vec<Transaction> {
    vec![
        Transaction::write(ADDRESS, vec![1, 0x60]),
        Transaction::read(ADDRESS, vec![0x60]),
        Transaction::write(ADDRESS, vec![0]),
    ]
}

#[test]
fn training_and_firmware_decide_alike_and_it_is_worth_it() {
    let directory = tempfile::tempdir().unwrap();
    let (text, readings) = cold_store::log(4000);
    std::fs::write(directory.path().join("log.csv"), text).unwrap();
    let file = directory.path().join("mild.toml");
    std::fs::write(&file, cold_store::CONFIG).unwrap();
    let config = Config::load(&file).unwrap();
    let data = read_log(&config).unwrap();
    let trained = train(&config, &data, &Silent).unwrap();
    let expected = trained.int8_choices(&data.test);

    // The bus as it would be: each reading twelve bits from the left.
    let mut bus = configured();
    bus.extend(
        readings
            .as_flattened()
            .iter()
            .map(|reading| Transaction::read(ADDRESS, (reading << 4).to_be_bytes().to_vec())),
    );
    let mut mock = Mock::new(&bus);
    let mut sensor = Tmp105::new(mock.clone(), ADDRESS).unwrap();
    let image = trained.artifact.image();
    let mut monitor = Monitor::<SCRATCH>::new(Rejector::new(&image));
    let mut found = Vec::new();
    for place in 0..readings.len() * WINDOW {
        let decision = monitor.take(sensor.read().unwrap(), Reachable::ALL).unwrap();
        assert_eq!(decision.is_some(), place % WINDOW == WINDOW - 1);
        found.extend(decision.map(|decision| usize::from(decision.expert)));
    }
    mock.done();
    assert_eq!(found, expected);

    let loss = data.test.mean_deferral_loss(|row| found[row]);
    let single = |expert: usize| data.test.mean_deferral_loss(|_| expert);
    // The device alone errs on a third, the cloud costs 0.05 each time and errs on 2 %.
    assert!(loss < 0.7 * single(0).min(single(1)), "{loss}, {}, {}", single(0), single(1));
}

#[test]
fn what_the_bus_says_is_passed_on_and_the_sensor_goes_on() {
    let no = ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address);
    let mut bus = configured();
    bus.push(Transaction::read(ADDRESS, vec![0, 0]).with_error(no));
    // -0.5 degrees.
    bus.push(Transaction::read(ADDRESS, vec![0xff, 0x80]));
    let mut mock = Mock::new(&bus);
    let mut sensor = Tmp105::new(mock.clone(), ADDRESS).unwrap();
    assert_eq!(sensor.read(), Err(no));
    assert_eq!(sensor.read(), Ok(-8));
    sensor.release();
    mock.done();
}

#[test]
fn another_sensor_is_refused() {
    let bus = [Transaction::write(ADDRESS, vec![1, 0x60]), Transaction::read(ADDRESS, vec![0xff])];
    let mut mock = Mock::new(&bus);
    let found = Tmp105::new(mock.clone(), ADDRESS).err();
    assert_eq!(found, Some(Error::Configuration { found: 0xff }));
    mock.done();
}
