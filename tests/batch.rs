//! Decisions on several inputs at once: those of one at a time.

use mild::{Decision, Image, InputError, Reachable, Rejector};
use mild_test_support::{
    images::{of_shape, with_platt_scaling},
    random::Lcg,
};

fn each<const N: usize>(
    image: &Image<'_>,
    inputs: [&[i8]; N],
    reachable: Reachable,
) -> [Decision; N] {
    let mut scratch = vec![0; image.scratch_words()];
    inputs.map(|input| Rejector::new(image).decide(input, reachable, &mut scratch).unwrap())
}

fn at_once<const N: usize>(
    image: &Image<'_>,
    inputs: [&[i8]; N],
    reachable: Reachable,
) -> Result<[Decision; N], InputError> {
    let mut scratch = vec![0xa5a5_5a5a; image.batch_scratch_words()];
    Rejector::new(image).decide_batch(inputs, reachable, &mut scratch)
}

#[test]
fn any_number_of_inputs_gives_the_decisions_of_each() {
    let mut random = Lcg::new(3);
    for parts in [of_shape(&[16, 32, 16, 5]), of_shape(&[5, 7, 3]), with_platt_scaling()] {
        let words = parts.to_words().unwrap();
        let image = Image::from_words(&words).unwrap();
        let inputs: [Vec<i8>; 5] =
            std::array::from_fn(|_| (0..image.inputs()).map(|_| random.code()).collect());
        let [a, b, c, d, e] = inputs.each_ref().map(Vec::as_slice);
        for reachable in [Reachable::ALL, Reachable::from_bits(0b101), Reachable::LOCAL_ONLY] {
            assert_eq!(at_once(&image, [], reachable), Ok([]));
            assert_eq!(at_once(&image, [a], reachable), Ok(each(&image, [a], reachable)));
            assert_eq!(at_once(&image, [a, b], reachable), Ok(each(&image, [a, b], reachable)));
            let (three, all) = ([c, a, d], [a, b, c, d, e]);
            assert_eq!(at_once(&image, three, reachable), Ok(each(&image, three, reachable)));
            assert_eq!(at_once(&image, all, reachable), Ok(each(&image, all, reachable)));
        }
    }
}

#[test]
fn an_input_or_a_scratch_that_does_not_fit_is_an_error() {
    let words = of_shape(&[16, 5]).to_words().unwrap();
    let image = Image::from_words(&words).unwrap();
    let (whole, short) = ([0i8; 16], [0i8; 15]);
    for inputs in [[&whole[..], &short, &whole], [&short, &whole, &whole], [&whole, &whole, &short]]
    {
        let error = InputError::Features { found: 15, expected: 16 };
        assert_eq!(at_once(&image, inputs, Reachable::ALL), Err(error));
    }
    let expected = image.batch_scratch_words();
    assert_eq!(expected, 2 * image.scratch_words());
    let mut scratch = vec![0; expected - 1];
    let found = Rejector::new(&image).decide_batch([&whole[..]], Reachable::ALL, &mut scratch);
    assert_eq!(found, Err(InputError::Scratch { found: expected - 1, expected }));
}
