/* Learning to defer on microcontrollers: the crate `mild` for C and C++.
 *
 * Written by `cargo xtask c header` from mild-c/src; edit the comments there.
 *
 * - Nothing allocates, keeps a global variable, or calls back. All objects are yours: static,
 *   automatic or in a pool.
 * - A decision takes at most 320 bytes of stack on every core (`cargo xtask c test` measures it).
 *   The functions of window features say what they take.
 * - A function returns MILD_STATUS_OK or says what is wrong; mild_status_string() has the words.
 */

#ifndef MILD_H
#define MILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * The version of the image format that this library reads.
 */
#define MILD_IMAGE_FORMAT_VERSION 3

/**
 * Words of a `mild_image`, each as wide as a pointer.
 */
#define MILD_IMAGE_WORDS 40

/**
 * The index of the device's own predictor among the experts.
 */
#define MILD_LOCAL 0

/**
 * The most experts of an image, the device itself included.
 */
#define MILD_MAX_EXPERTS 32

/**
 * Every expert can be asked.
 */
#define MILD_REACHABLE_ALL UINT32_MAX

/**
 * Nobody can be asked, as when the link is down.
 */
#define MILD_REACHABLE_LOCAL_ONLY 1

/**
 * Words of a `mild_scores`, each as wide as a pointer.
 */
#define MILD_SCORES_WORDS 5

/**
 * Words of a `mild_governor_settings`, each as wide as a pointer.
 */
#define MILD_GOVERNOR_SETTINGS_WORDS 24

/**
 * Words of a `mild_governor`, each as wide as a pointer.
 */
#define MILD_GOVERNOR_WORDS 20

/**
 * Words of a `mild_governor_input`, each as wide as a pointer.
 */
#define MILD_GOVERNOR_INPUT_WORDS 20

/**
 * Bytes of a saved governor.
 */
#define MILD_GOVERNOR_STATE_BYTES 36

/**
 * The most samples of a window.
 */
#define MILD_WINDOW_SAMPLES 65536

/**
 * Words of a `mild_window_i16` and of a `mild_window_f32`, 64 bits each.
 */
#define MILD_WINDOW_WORDS 14

/**
 * Words of a `mild_history`, each as wide as a pointer.
 */
#define MILD_HISTORY_WORDS 4

/**
 * The most experts that a client knows, the device itself included. Those beyond are never asked.
 */
#define MILD_CLIENT_EXPERTS 8

/**
 * The longest input that a client sends, in bytes.
 */
#define MILD_CLIENT_PAYLOAD 256

/**
 * Bytes of a key.
 */
#define MILD_KEY_BYTES 32

/**
 * Words of a `mild_client`, 64 bits each.
 */
#define MILD_CLIENT_WORDS 112

/**
 * Words of a `mild_retry_policy`, each as wide as a pointer.
 */
#define MILD_RETRY_POLICY_WORDS 8

/**
 * What came of a call. `MILD_STATUS_OK` is 0; on any other status nothing was written to the
 * results, unless a function says so.
 */
enum mild_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Success.
   */
  MILD_STATUS_OK = 0,
  /**
   * A pointer that must not be null is.
   */
  MILD_STATUS_NULL_POINTER = 1,
  /**
   * A pointer is not aligned to its type, or the bytes of an image do not start at a multiple of four.
   */
  MILD_STATUS_MISALIGNED = 2,
  /**
   * An index is not below the number of what it counts.
   */
  MILD_STATUS_OUT_OF_RANGE = 3,
  /**
   * There are fewer bytes than the image says that it has.
   */
  MILD_STATUS_IMAGE_TRUNCATED = 10,
  /**
   * There are bytes after the end of the image.
   */
  MILD_STATUS_IMAGE_TRAILING_BYTES = 11,
  /**
   * The bytes are not an image of this library: they do not begin with `MILD`.
   */
  MILD_STATUS_IMAGE_MAGIC = 12,
  /**
   * The image has a format version that this library does not read.
   */
  MILD_STATUS_IMAGE_VERSION = 13,
  /**
   * The image is damaged: its checksum does not match.
   */
  MILD_STATUS_IMAGE_CHECKSUM = 14,
  /**
   * The image has the right checksum, and a number in it is out of range.
   */
  MILD_STATUS_IMAGE_INVALID = 15,
  /**
   * Another number of features than the image takes.
   */
  MILD_STATUS_FEATURE_COUNT = 20,
  /**
   * A feature is not a number.
   */
  MILD_STATUS_NOT_A_NUMBER = 21,
  /**
   * The image takes no raw readings: it was made without a `[raw]` section.
   */
  MILD_STATUS_NO_RAW_QUANTIZER = 22,
  /**
   * The scratch is shorter than `mild_image_scratch_words()` says.
   */
  MILD_STATUS_SCRATCH_LENGTH = 23,
  /**
   * The image has no probabilities: it was not made with the method `one-vs-all`.
   */
  MILD_STATUS_NO_PLATT_SCALING = 24,
  /**
   * Another number of prices than the image has experts.
   */
  MILD_STATUS_PRICE_COUNT = 25,
  /**
   * The image has no operating points, so it has no settings for a governor.
   */
  MILD_STATUS_NO_OPERATING_POINTS = 30,
  /**
   * The settings of a governor are out of range.
   */
  MILD_STATUS_GOVERNOR_SETTINGS = 31,
  /**
   * The saved state is damaged, was never written, or was made under other settings.
   */
  MILD_STATUS_GOVERNOR_STATE = 32,
  /**
   * A sample is NaN or infinite.
   */
  MILD_STATUS_SAMPLE = 40,
  /**
   * A window or history is too short or too long, or an array that belongs to it has another length.
   */
  MILD_STATUS_WINDOW_LENGTH = 41,
  /**
   * There is no such statistic, taper or set of functions.
   */
  MILD_STATUS_STATISTIC = 42,
  /**
   * The window has fewer samples than its length, so it has no spectrum yet.
   */
  MILD_STATUS_WINDOW_NOT_FULL = 43,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum mild_status mild_status;
#else
typedef int32_t mild_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What an answer is.
 */
enum mild_answer_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * No answer.
   */
  MILD_ANSWER_KIND_NONE = 0,
  /**
   * A class: `label`.
   */
  MILD_ANSWER_KIND_LABEL = 1,
  /**
   * A number: `value`.
   */
  MILD_ANSWER_KIND_VALUE = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum mild_answer_kind mild_answer_kind;
#else
typedef int32_t mild_answer_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What the bytes of an input are.
 */
enum mild_payload_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Codes, one signed byte each: `mild_quantize_f32()`.
   */
  MILD_PAYLOAD_KIND_CODES = 0,
  /**
   * Raw readings, 16 bits each, little-endian.
   */
  MILD_PAYLOAD_KIND_RAW = 1,
  /**
   * Bytes whose meaning application and expert agreed on.
   */
  MILD_PAYLOAD_KIND_BYTES = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum mild_payload_kind mild_payload_kind;
#else
typedef int32_t mild_payload_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Why the expert that was chosen first did not answer.
 */
enum mild_client_failure
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * It did answer, or the device was chosen.
   */
  MILD_CLIENT_FAILURE_NONE = 0,
  /**
   * No answer came in time.
   */
  MILD_CLIENT_FAILURE_TIMED_OUT = 1,
  /**
   * The gateway or the expert refused; the gateway's log says why.
   */
  MILD_CLIENT_FAILURE_REFUSED = 2,
  /**
   * The line is down.
   */
  MILD_CLIENT_FAILURE_LINE = 3,
  /**
   * The input is longer than `MILD_CLIENT_PAYLOAD`.
   */
  MILD_CLIENT_FAILURE_TOO_LONG = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum mild_client_failure mild_client_failure;
#else
typedef int32_t mild_client_failure;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a window can be asked for: the words of `statistics` in a `[[window]]`. All are 0 for an empty
 * window.
 */
enum mild_statistic_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Sum over number.
   */
  MILD_STATISTIC_KIND_MEAN = 0,
  /**
   * Mean squared distance from the mean.
   */
  MILD_STATISTIC_KIND_VARIANCE = 1,
  /**
   * The smallest sample.
   */
  MILD_STATISTIC_KIND_MINIMUM = 2,
  /**
   * The largest sample.
   */
  MILD_STATISTIC_KIND_MAXIMUM = 3,
  /**
   * Largest minus smallest.
   */
  MILD_STATISTIC_KIND_PEAK_TO_PEAK = 4,
  /**
   * Root of the mean square.
   */
  MILD_STATISTIC_KIND_RMS = 5,
  /**
   * Neighbours of which one is negative and the other is not.
   */
  MILD_STATISTIC_KIND_ZERO_CROSSINGS = 6,
  /**
   * Largest magnitude over RMS; 0 if the RMS is 0.
   */
  MILD_STATISTIC_KIND_CREST_FACTOR = 7,
  /**
   * Slope of the line of least squares through the samples, a sample.
   */
  MILD_STATISTIC_KIND_SLOPE = 8,
  /**
   * The quantile of 50 %.
   */
  MILD_STATISTIC_KIND_MEDIAN = 9,
  /**
   * The value below which `number` percent of the samples are, interpolated; more than 100 counts
   * as 100.
   */
  MILD_STATISTIC_KIND_QUANTILE = 10,
  /**
   * Autocorrelation of samples that are `number` places apart, from -1 to 1.
   */
  MILD_STATISTIC_KIND_AUTOCORRELATION = 11,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum mild_statistic_kind mild_statistic_kind;
#else
typedef int32_t mild_statistic_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a spectrum can be asked for: the words of `spectrum` in a `[[window]]`. Bin `k` of a window of N
 * samples is `k R / N` hertz, with R samples a second; the bins go from 1 to N/2.
 */
enum mild_spectral_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * The sum of the powers of the bins from `first` to `last`, in squared units of the samples.
   */
  MILD_SPECTRAL_KIND_POWER = 0,
  /**
   * The same in decibels, at least -120.
   */
  MILD_SPECTRAL_KIND_DECIBELS = 1,
  /**
   * The bin with the highest power, the lowest of several.
   */
  MILD_SPECTRAL_KIND_DOMINANT = 2,
  /**
   * The mean bin, weighted by power.
   */
  MILD_SPECTRAL_KIND_CENTROID = 3,
  /**
   * How evenly the power is spread, 0 to 1.
   */
  MILD_SPECTRAL_KIND_ENTROPY = 4,
  /**
   * The geometric mean of the powers over the arithmetic one, 0 to 1.
   */
  MILD_SPECTRAL_KIND_FLATNESS = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum mild_spectral_kind mild_spectral_kind;
#else
typedef int32_t mild_spectral_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Whose logarithm and exponential function decibels, entropy and flatness use. The two give different
 * bits: take those on which the rejector was trained.
 */
enum mild_functions
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Those of the crate `libm`.
   */
  MILD_FUNCTIONS_LIBM = 0,
  /**
   * Those of the crate `micromath`: the names that end in `-micromath`.
   */
  MILD_FUNCTIONS_MICROMATH = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum mild_functions mild_functions;
#else
typedef int32_t mild_functions;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What the samples are multiplied by before the transform: the word of `taper` in a `[[window]]`.
 */
enum mild_taper
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * The window of Hann: for signals that go on.
   */
  MILD_TAPER_HANN = 0,
  /**
   * Nothing: for signals that fit the window, such as single shocks.
   */
  MILD_TAPER_NONE = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum mild_taper mild_taper;
#else
typedef int32_t mild_taper;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The sines for spectra of windows of one length: a constant of the library, of which a program has
 * those that it names.
 */
typedef struct mild_sines mild_sines;

/**
 * A checked image: a view of bytes that stay where they are.
 *
 * `mild_image_open()` fills it; its content is private. It never changes after that, so threads and
 * interrupts may share it. It may be copied and moved.
 */
typedef struct mild_image {
  size_t private_words[MILD_IMAGE_WORDS];
} mild_image;

/**
 * What was decided for one input.
 */
typedef struct mild_decision {
  /**
   * By how much the choice exceeds the second best, in score units; `INT32_MAX` if nobody else can
   * be asked. Never negative.
   */
  int32_t margin;
  /**
   * Whom to ask; `MILD_LOCAL` (0) means: answer on the device.
   */
  uint8_t expert;
} mild_decision;

/**
 * The scores of one input with the offsets that belong to them.
 *
 * They lie in the scratch of the call that made them, which stays as it is while they are in use.
 */
typedef struct mild_scores {
  size_t private_words[MILD_SCORES_WORDS];
} mild_scores;

/**
 * The settings of a governor. They do not change or move while a governor uses them.
 */
typedef struct mild_governor_settings {
  size_t private_words[MILD_GOVERNOR_SETTINGS_WORDS];
} mild_governor_settings;

/**
 * A governor: the memory that keeps a deferral rate. One thread at a time may use it.
 */
typedef struct mild_governor {
  size_t private_words[MILD_GOVERNOR_WORDS];
} mild_governor;

/**
 * One input under a governor, from `mild_governor_begin()` to `mild_governor_commit()`.
 */
typedef struct mild_governor_input {
  size_t private_words[MILD_GOVERNOR_INPUT_WORDS];
} mild_governor_input;

/**
 * Counts since the start of a governor.
 */
typedef struct mild_governor_counters {
  /**
   * Inputs that were committed.
   */
  uint32_t decisions;
  /**
   * Of these, the ones for which somebody was charged.
   */
  uint32_t deferred;
  /**
   * Those that the image would have deferred and the first proposal did not.
   */
  uint32_t withheld;
} mild_governor_counters;

/**
 * The latest samples of a sensor with 16-bit readings. One thread at a time may use it.
 *
 * It keeps pointers to your arrays, so neither they nor it may move.
 */
typedef struct mild_window_i16 {
  uint64_t private_words[MILD_WINDOW_WORDS];
} mild_window_i16;

/**
 * A statistic. A table of them may be constant.
 */
typedef struct mild_statistic {
  /**
   * One of `mild_statistic_kind`.
   */
  uint8_t kind;
  /**
   * Percent of a quantile, or places of an autocorrelation; 0 otherwise.
   */
  uint16_t number;
} mild_statistic;

/**
 * The same of `float` samples.
 */
typedef struct mild_window_f32 {
  uint64_t private_words[MILD_WINDOW_WORDS];
} mild_window_f32;

/**
 * The latest values of a statistic, one for each window: what `changes` and `averages` of a
 * `[[window]]` are made of. One thread at a time may use it.
 *
 * It keeps a pointer to your array, so neither that nor it may move.
 */
typedef struct mild_history {
  size_t private_words[MILD_HISTORY_WORDS];
} mild_history;

/**
 * A statistic of a spectrum. A table of them may be constant.
 */
typedef struct mild_spectral_statistic {
  /**
   * One of `mild_spectral_kind`.
   */
  uint8_t kind;
  /**
   * One of `mild_functions`; 0 where a statistic uses none.
   */
  uint8_t functions;
  /**
   * The lowest bin of a power or of decibels; 0 otherwise.
   */
  uint16_t first;
  /**
   * The highest bin.
   */
  uint16_t last;
} mild_spectral_statistic;

/**
 * The policy of a client. It does not change or move while a client uses it.
 */
typedef struct mild_retry_policy {
  size_t private_words[MILD_RETRY_POLICY_WORDS];
} mild_retry_policy;

/**
 * How patient a client is, for `mild_retry_policy_init()`.
 */
typedef struct mild_retries {
  /**
   * The longest that an input may take in all, whoever is asked, in milliseconds.
   */
  uint32_t deadline_ms;
  /**
   * How long to wait for an answer after each frame, in milliseconds.
   */
  uint32_t attempt_ms;
  /**
   * The pause before the second frame, in milliseconds. It doubles with each further one.
   */
  uint32_t backoff_ms;
  /**
   * For how long an expert that failed again and again is not asked at first, in milliseconds.
   */
  uint32_t hold_off_ms;
  /**
   * The longest that it is not asked, in milliseconds.
   */
  uint32_t longest_hold_off_ms;
  /**
   * The most frames to one expert for one input, at least one.
   */
  uint8_t attempts;
  /**
   * After so many failures in a row an expert is not asked for a while.
   */
  uint8_t failures;
} mild_retries;

/**
 * A client: a session with a gateway, and which experts can be reached. One thread at a time may use
 * it.
 */
typedef struct mild_client {
  uint64_t private_words[MILD_CLIENT_WORDS];
} mild_client;

/**
 * A serial line and a clock: your functions. `context` is handed to each of them.
 *
 * The functions and what `context` points to stay valid as long as a client uses them.
 */
typedef struct mild_port {
  /**
   * Yours.
   */
  void *context;
  /**
   * Takes up to `size` bytes that have arrived, and returns how many, at once: 0 if there are none.
   */
  size_t (*read)(void *context,
                 uint8_t *into,
                 size_t size);
  /**
   * Sends `size` bytes; false if the line is down.
   */
  bool (*write)(void *context,
                const uint8_t *bytes,
                size_t size);
  /**
   * Milliseconds since some moment. Must not wrap around: it has 64 bits.
   */
  uint64_t (*now_ms)(void *context);
  /**
   * Called again and again while the client waits for bytes; may sleep until the next interrupt. It
   * may be null.
   */
  void (*idle)(void *context);
} mild_port;

/**
 * The answer of the device or of an expert.
 */
typedef struct mild_answer {
  /**
   * One of `mild_answer_kind`. Another number is no answer.
   */
  int32_t kind;
  /**
   * The class.
   */
  uint32_t label;
  /**
   * The number.
   */
  float value;
} mild_answer;

/**
 * An input to be resolved: what the device answers itself, and what an expert needs.
 */
typedef struct mild_client_input {
  /**
   * The device's own answer, for when nobody else can be asked.
   */
  struct mild_answer local;
  /**
   * One of `mild_payload_kind`. Another number counts as bytes.
   */
  int32_t kind;
  /**
   * The input.
   */
  const uint8_t *bytes;
  /**
   * Its length, at most `MILD_CLIENT_PAYLOAD`.
   */
  size_t size;
} mild_client_input;

/**
 * How an input was resolved: there always is an answer.
 */
typedef struct mild_outcome {
  /**
   * The answer: the device's own if `by` is `MILD_LOCAL`.
   */
  struct mild_answer answer;
  /**
   * One of `mild_client_failure`.
   */
  int32_t failure;
  /**
   * How sure the expert is: 65535 is certain, 0 means that it did not say.
   */
  uint16_t confidence;
  /**
   * The expert that answered; `MILD_LOCAL` is the device.
   */
  uint8_t by;
  /**
   * Requests sent for it.
   */
  uint8_t sent;
} mild_outcome;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The sines for windows of 16 samples.
 */
extern const struct mild_sines mild_sines_16;

/**
 * The sines for windows of 32 samples.
 */
extern const struct mild_sines mild_sines_32;

/**
 * The sines for windows of 64 samples.
 */
extern const struct mild_sines mild_sines_64;

/**
 * The sines for windows of 128 samples.
 */
extern const struct mild_sines mild_sines_128;

/**
 * The sines for windows of 256 samples.
 */
extern const struct mild_sines mild_sines_256;

/**
 * The sines for windows of 512 samples.
 */
extern const struct mild_sines mild_sines_512;

/**
 * The sines for windows of 1024 samples.
 */
extern const struct mild_sines mild_sines_1024;

/**
 * One line of English that says what a status means. Any number is allowed.
 *
 * Never null; static. Thread-safe; takes no stack to speak of.
 */
const char *mild_status_string(int32_t status);

/**
 * Checks the bytes of a whole image, and opens it.
 *
 * `bytes` start at a multiple of four, and neither change nor move as long as `image` is in use:
 * usually they are in flash. All checks are made here: running an opened image cannot fail.
 *
 * Status: `NULL_POINTER`, `MISALIGNED`, and those that begin with `IMAGE`. Thread-safe.
 *
 * # Safety
 * `image` is writable; `bytes` has `length` readable bytes as above.
 */
mild_status mild_image_open(struct mild_image *image,
                            const void *bytes,
                            size_t length);

/**
 * Checks the image at the start of a flash slot that may be longer, and opens it.
 *
 * As `mild_image_open()`. `image_length` gets the length of the image in bytes; it may be null.
 *
 * # Safety
 * As `mild_image_open()`; `image_length` is null or writable.
 */
mild_status mild_image_open_slot(struct mild_image *image,
                                 const void *slot,
                                 size_t slot_length,
                                 size_t *image_length);

/**
 * Number of features of an input; 0 if `image` is null.
 *
 * # Safety
 * `image` is null or was opened.
 */
size_t mild_image_inputs(const struct mild_image *image);

/**
 * Number of experts, the device itself (index 0) included; 0 if `image` is null.
 *
 * # Safety
 * `image` is null or was opened.
 */
size_t mild_image_experts(const struct mild_image *image);

/**
 * The 32-bit words of scratch that a decision needs; 0 if `image` is null.
 *
 * # Safety
 * `image` is null or was opened.
 */
size_t mild_image_scratch_words(const struct mild_image *image);

/**
 * The image's checksum (CRC-32), by which a fleet can tell images apart; 0 if `image` is null.
 *
 * # Safety
 * `image` is null or was opened.
 */
uint32_t mild_image_checksum(const struct mild_image *image);

/**
 * Whether the image takes raw 16-bit readings; false if `image` is null.
 *
 * # Safety
 * `image` is null or was opened.
 */
bool mild_image_takes_raw(const struct mild_image *image);

/**
 * The mean price of one use of an expert, in 2^-16 of one error.
 *
 * Status: `NULL_POINTER`, `OUT_OF_RANGE`.
 *
 * # Safety
 * `image` was opened; `price` is writable.
 */
mild_status mild_image_price(const struct mild_image *image,
                             uint8_t expert,
                             uint32_t *price);

/**
 * Whether the image has these names of inputs and classes: `inputs` and `classes` are digests of 8 bytes,
 * as `mild export --format c --config` writes them. False if a pointer is null or the image has no digests
 * (`[image] names` in the configuration it was trained with).
 *
 * # Safety
 * `image` is null or was opened; `inputs` and `classes` are null or have 8 readable bytes.
 */
bool mild_image_has_names(const struct mild_image *image,
                          const uint8_t *inputs,
                          const uint8_t *classes);

/**
 * The name of an input: `length` bytes of UTF-8 in the image, **without** a final NUL.
 *
 * Only images trained with `names = "all"` have them. It takes as long as the names before it are many.
 * Status: `NULL_POINTER`, `OUT_OF_RANGE`, also if the image has no such names.
 *
 * # Safety
 * `image` was opened; `name` and `length` are writable.
 */
mild_status mild_image_input_name(const struct mild_image *image,
                                  size_t input,
                                  const char **name,
                                  size_t *length);

/**
 * The name of a class, as `mild_image_input_name()` that of an input.
 *
 * # Safety
 * `image` was opened; `name` and `length` are writable.
 */
mild_status mild_image_class_name(const struct mild_image *image,
                                  size_t class_number,
                                  const char **name,
                                  size_t *length);

/**
 * The name of an expert: `length` bytes of UTF-8 in the image, **without** a final NUL.
 *
 * Print it with `"%.*s"`. Status: `NULL_POINTER`, `OUT_OF_RANGE`.
 *
 * # Safety
 * `image` was opened; `name` and `length` are writable.
 */
mild_status mild_image_expert_name(const struct mild_image *image,
                                   uint8_t expert,
                                   const char **name,
                                   size_t *length);

/**
 * Decides on one input of features in their own units, as in the log.
 *
 * The choice is the expert with the largest score plus offset among those whose bit is set in
 * `reachable` (bit *k* for expert *k*; bit 0 counts as set); ties go to the lower index.
 *
 * `scratch` has `mild_image_scratch_words()` words or more; its content before does not matter.
 * Infinities saturate. Run time depends on the image alone.
 *
 * Status: `NULL_POINTER`, `MISALIGNED`, `FEATURE_COUNT`, `NOT_A_NUMBER`, `SCRATCH_LENGTH`.
 * Thread-safe if each thread has its own scratch.
 *
 * # Safety
 * `image` was opened; `features` has `count` readable elements, `scratch` has `scratch_words`
 * writable words, `decision` is writable; the last two do not overlap anything else.
 */
mild_status mild_decide_f32(const struct mild_image *image,
                            const float *features,
                            size_t count,
                            uint32_t reachable,
                            uint32_t *scratch,
                            size_t scratch_words,
                            struct mild_decision *decision);

/**
 * Decides on one input of raw 16-bit readings, with integers only.
 *
 * As `mild_decide_f32()`; the status `NO_RAW_QUANTIZER` if the image was not made for them.
 *
 * # Safety
 * As `mild_decide_f32()`.
 */
mild_status mild_decide_i16(const struct mild_image *image,
                            const int16_t *features,
                            size_t count,
                            uint32_t reachable,
                            uint32_t *scratch,
                            size_t scratch_words,
                            struct mild_decision *decision);

/**
 * Decides on one input of int8 codes that `mild_quantize_f32()` or `mild_quantize_i16()` made.
 *
 * As `mild_decide_f32()`.
 *
 * # Safety
 * As `mild_decide_f32()`.
 */
mild_status mild_decide_i8(const struct mild_image *image,
                           const int8_t *features,
                           size_t count,
                           uint32_t reachable,
                           uint32_t *scratch,
                           size_t scratch_words,
                           struct mild_decision *decision);

/**
 * The scores of one input, to propose on them more than once, or for a governor.
 *
 * They lie in `scratch`, which is free again when `scores` is no longer used. Otherwise as
 * `mild_decide_f32()`.
 *
 * # Safety
 * As `mild_decide_f32()`; `scores` is writable.
 */
mild_status mild_scores_f32(const struct mild_image *image,
                            const float *features,
                            size_t count,
                            uint32_t *scratch,
                            size_t scratch_words,
                            struct mild_scores *scores);

/**
 * The scores of one input of raw readings: see `mild_scores_f32()` and `mild_decide_i16()`.
 *
 * # Safety
 * As `mild_scores_f32()`.
 */
mild_status mild_scores_i16(const struct mild_image *image,
                            const int16_t *features,
                            size_t count,
                            uint32_t *scratch,
                            size_t scratch_words,
                            struct mild_scores *scores);

/**
 * The scores of one input of codes: see `mild_scores_f32()` and `mild_decide_i8()`.
 *
 * # Safety
 * As `mild_scores_f32()`.
 */
mild_status mild_scores_i8(const struct mild_image *image,
                           const int8_t *features,
                           size_t count,
                           uint32_t *scratch,
                           size_t scratch_words,
                           struct mild_scores *scores);

/**
 * The scores under other prices than those of the image: `prices` has one for each expert, of one
 * use, in 2^-16 of one error; those above 2^30 count as 2^30.
 *
 * As `mild_scores_f32()`; also the status `NO_PLATT_SCALING` or `PRICE_COUNT`.
 *
 * # Safety
 * As `mild_scores_f32()`; `prices` has `price_count` readable elements.
 */
mild_status mild_scores_with_prices_f32(const struct mild_image *image,
                                        const float *features,
                                        size_t count,
                                        const uint32_t *prices,
                                        size_t price_count,
                                        uint32_t *scratch,
                                        size_t scratch_words,
                                        struct mild_scores *scores);

/**
 * Proposes whom to ask among the reachable experts; changes nothing. After an expert has failed, call
 * it again with that expert's bit cleared.
 *
 * Status: `NULL_POINTER`, `MISALIGNED`.
 *
 * # Safety
 * `scores` was filled and its scratch is untouched; `decision` is writable.
 */
mild_status mild_scores_propose(const struct mild_scores *scores,
                                uint32_t reachable,
                                struct mild_decision *decision);

/**
 * The score of one expert, its offset not added.
 *
 * Status: `NULL_POINTER`, `MISALIGNED`, `OUT_OF_RANGE`.
 *
 * # Safety
 * `scores` was filled and its scratch is untouched; `score` is writable.
 */
mild_status mild_scores_get(const struct mild_scores *scores,
                            uint8_t expert,
                            int32_t *score);

/**
 * The probability that each expert is right, in units of 2^-16: `probabilities` has `experts`
 * elements, as many as the image.
 *
 * As `mild_decide_f32()`; also the status `NO_PLATT_SCALING`, or `OUT_OF_RANGE` for another number of
 * experts.
 *
 * # Safety
 * As `mild_decide_f32()`; `probabilities` has `experts` writable elements.
 */
mild_status mild_probabilities_f32(const struct mild_image *image,
                                   const float *features,
                                   size_t count,
                                   uint32_t *scratch,
                                   size_t scratch_words,
                                   int32_t *probabilities,
                                   size_t experts);

/**
 * Quantizes features into `count` int8 codes, to send or store them in place of the features.
 *
 * Status: `NULL_POINTER`, `MISALIGNED`, `FEATURE_COUNT`, `NOT_A_NUMBER` (the codes are then not to be
 * used). Thread-safe.
 *
 * # Safety
 * `image` was opened; `features` has `count` readable elements and `codes` as many writable ones.
 */
mild_status mild_quantize_f32(const struct mild_image *image,
                              const float *features,
                              size_t count,
                              int8_t *codes);

/**
 * Quantizes raw readings: see `mild_quantize_f32()` and `mild_decide_i16()`.
 *
 * # Safety
 * As `mild_quantize_f32()`.
 */
mild_status mild_quantize_i16(const struct mild_image *image,
                              const int16_t *features,
                              size_t count,
                              int8_t *codes);

/**
 * Settings that keep a deferral rate of at most `budget`, in 2^-16 of all inputs.
 *
 * `low` to `high` is the range of advantages (by how much the best expert exceeds the device, in
 * score units), `step` by how much one deferral raises the threshold; a hundredth of the range is
 * usual. `floor` is the lowest threshold: 0, the image's own, or below.
 *
 * Failed attempts are charged, too, unless `charge_answers_only`.
 *
 * Status: `NULL_POINTER`, `MISALIGNED`, `GOVERNOR_SETTINGS`.
 *
 * # Safety
 * `settings` is writable.
 */
mild_status mild_governor_settings_init(struct mild_governor_settings *settings,
                                        int32_t low,
                                        int32_t high,
                                        int32_t step,
                                        uint32_t budget,
                                        int32_t floor,
                                        bool charge_answers_only);

/**
 * The settings that the image's operating points give: its budget. Nothing watches for
 * drift.
 *
 * Status: `NULL_POINTER`, `MISALIGNED`, `NO_OPERATING_POINTS`.
 *
 * # Safety
 * `settings` is writable; `image` was opened.
 */
mild_status mild_governor_settings_of_image(struct mild_governor_settings *settings,
                                            const struct mild_image *image);

/**
 * Starts a governor at the image's own threshold.
 *
 * Status: `NULL_POINTER`, `MISALIGNED`.
 *
 * # Safety
 * `governor` is writable; `settings` was filled, and neither changes nor moves while `governor` is in
 * use.
 */
mild_status mild_governor_init(struct mild_governor *governor,
                               const struct mild_governor_settings *settings);

/**
 * Begins an input: binds its scores to the governor.
 *
 * Until `mild_governor_commit()`, use the governor through `input` only. An input that is not
 * committed is not charged, as if it had never been.
 *
 * Status: `NULL_POINTER`, `MISALIGNED`.
 *
 * # Safety
 * `governor` was started; `scores` was filled, and its scratch stays untouched until the commit;
 * `input` is writable.
 */
mild_status mild_governor_begin(struct mild_governor *governor,
                                const struct mild_scores *scores,
                                struct mild_governor_input *input);

/**
 * Proposes whom to ask under the budget; charges nothing. After an expert has failed, call it again
 * with that expert's bit cleared.
 *
 * `margin` is the distance of the advantage from the threshold. Status: `NULL_POINTER`,
 * `MISALIGNED`.
 *
 * # Safety
 * `input` was begun and not committed; `decision` is writable.
 */
mild_status mild_governor_propose(struct mild_governor_input *input,
                                  uint32_t reachable,
                                  struct mild_decision *decision);

/**
 * Charges an input, once, for what really happened, and ends it.
 *
 * `answered_by` is the expert that answered, `MILD_LOCAL` if the device did. `failed` has the bits of
 * the experts that were asked before and did not answer (bit *k* for expert *k*).
 *
 * Status: `NULL_POINTER`, `MISALIGNED`.
 *
 * # Safety
 * `input` was begun and not committed; it is not used again before the next
 * `mild_governor_begin()`.
 */
mild_status mild_governor_commit(struct mild_governor_input *input,
                                 uint8_t answered_by,
                                 uint32_t failed);

/**
 * The threshold that the next advantage must exceed, in score units; 0 if `governor` is null.
 *
 * # Safety
 * `governor` is null or was started.
 */
int32_t mild_governor_threshold(const struct mild_governor *governor);

/**
 * The counts since the start.
 *
 * Status: `NULL_POINTER`, `MISALIGNED`.
 *
 * # Safety
 * `governor` was started; `counters` is writable.
 */
mild_status mild_governor_get_counters(const struct mild_governor *governor,
                                       struct mild_governor_counters *counters);

/**
 * Saves a governor into `MILD_GOVERNOR_STATE_BYTES` bytes, for after a reboot.
 *
 * Status: `NULL_POINTER`, `MISALIGNED`.
 *
 * # Safety
 * `governor` was started; `bytes` has `MILD_GOVERNOR_STATE_BYTES` writable bytes.
 */
mild_status mild_governor_save(const struct mild_governor *governor,
                               uint8_t *bytes);

/**
 * Starts a governor with a saved state.
 *
 * Status: `NULL_POINTER`, `MISALIGNED`; `GOVERNOR_STATE` if the bytes are not a state under these
 * settings: then the governor starts with an empty token bucket, so that a device that restarts again
 * and again gets no new burst each time.
 *
 * # Safety
 * As `mild_governor_init()`; `bytes` has `MILD_GOVERNOR_STATE_BYTES` readable bytes.
 */
mild_status mild_governor_restore(struct mild_governor *governor,
                                  const struct mild_governor_settings *settings,
                                  const uint8_t *bytes);

/**
 * Starts an empty window of `length` samples, 1 to `MILD_WINDOW_SAMPLES`.
 *
 * It keeps the samples in `samples`, which has `length` elements, and the order of the extremes in
 * `places`, which has **twice** as many. What is in them before does not matter.
 *
 * Status: `NULL_POINTER`, `MISALIGNED`, `WINDOW_LENGTH`. Thread-safe; at most 160 bytes of stack.
 *
 * # Safety
 * `window` is writable; `samples` and `places` have as many writable elements, which nobody else uses
 * and which do not move as long as the window is in use.
 */
mild_status mild_window_i16_init(struct mild_window_i16 *window,
                                 int16_t *samples,
                                 uint32_t *places,
                                 size_t length);

/**
 * Takes a sample; the oldest one goes if the window is full.
 *
 * Takes a few steps, whatever the length (amortized, because of the extremes). Status:
 * `NULL_POINTER`, `MISALIGNED`. One thread at a time for each window; at most 192 bytes of stack.
 *
 * # Safety
 * `window` was started.
 */
mild_status mild_window_i16_push(struct mild_window_i16 *window,
                                 int16_t sample);

/**
 * Number of samples in the window, at most its length; 0 if `window` is null.
 *
 * # Safety
 * `window` is null or was started.
 */
size_t mild_window_i16_samples(const struct mild_window_i16 *window);

/**
 * Whether there are as many samples as the window is long; false if `window` is null.
 *
 * # Safety
 * `window` is null or was started.
 */
bool mild_window_i16_is_full(const struct mild_window_i16 *window);

/**
 * Forgets all samples, for windows that do not overlap.
 *
 * Status: `NULL_POINTER`, `MISALIGNED`.
 *
 * # Safety
 * `window` was started.
 */
mild_status mild_window_i16_clear(struct mild_window_i16 *window);

/**
 * Computes `count` statistics of the samples in the window into `into`, in their order.
 *
 * The bits are those on which the trainer worked. It computes in double precision. Slope, median,
 * quantiles and autocorrelations look at every sample again.
 *
 * Status: `NULL_POINTER`, `MISALIGNED`, `STATISTIC`. Thread-safe as long as nobody changes the
 * window; at most 512 bytes of stack.
 *
 * # Safety
 * `window` was started; `statistics` has `count` readable elements and `into` as many writable
 * ones.
 */
mild_status mild_window_i16_features(const struct mild_window_i16 *window,
                                     const struct mild_statistic *statistics,
                                     size_t count,
                                     float *into);

/**
 * Starts an empty window of `float` samples: see `mild_window_i16_init()`.
 *
 * # Safety
 * As `mild_window_i16_init()`.
 */
mild_status mild_window_f32_init(struct mild_window_f32 *window,
                                 float *samples,
                                 uint32_t *places,
                                 size_t length);

/**
 * Takes a sample: see `mild_window_i16_push()`. Also the status `SAMPLE` if it is NaN or infinite; the
 * window is then as before. Computes in double precision; at most 384 bytes of stack.
 *
 * # Safety
 * `window` was started.
 */
mild_status mild_window_f32_push(struct mild_window_f32 *window,
                                 float sample);

/**
 * Number of samples in the window, at most its length; 0 if `window` is null.
 *
 * # Safety
 * `window` is null or was started.
 */
size_t mild_window_f32_samples(const struct mild_window_f32 *window);

/**
 * Whether there are as many samples as the window is long; false if `window` is null.
 *
 * # Safety
 * `window` is null or was started.
 */
bool mild_window_f32_is_full(const struct mild_window_f32 *window);

/**
 * Forgets all samples, for windows that do not overlap.
 *
 * Status: `NULL_POINTER`, `MISALIGNED`.
 *
 * # Safety
 * `window` was started.
 */
mild_status mild_window_f32_clear(struct mild_window_f32 *window);

/**
 * Computes statistics: see `mild_window_i16_features()`.
 *
 * # Safety
 * As `mild_window_i16_features()`.
 */
mild_status mild_window_f32_features(const struct mild_window_f32 *window,
                                     const struct mild_statistic *statistics,
                                     size_t count,
                                     float *into);

/**
 * The magnitude of a sample of several axes, the root of the sum of the squares: what a window with
 * `axes` holds, as `float`. 0 without axes.
 *
 * Status: `NULL_POINTER`, `MISALIGNED`. Thread-safe; at most 384 bytes of stack.
 *
 * # Safety
 * `axes` has `count` readable elements; `into` is writable.
 */
mild_status mild_magnitude_i16(const int16_t *axes,
                               size_t count,
                               float *into);

/**
 * The magnitude of `float` axes: see `mild_magnitude_i16()`. Also the status `SAMPLE`.
 *
 * # Safety
 * As `mild_magnitude_i16()`.
 */
mild_status mild_magnitude_f32(const float *axes,
                               size_t count,
                               float *into);

/**
 * Starts a history of `length` values, 2 to 65,536: the `windows` of a `[[window]]`. What is in
 * `values` before does not matter.
 *
 * Status: `NULL_POINTER`, `MISALIGNED`, `WINDOW_LENGTH`. Thread-safe; at most 160 bytes of stack, as
 * all functions of a history.
 *
 * # Safety
 * `history` is writable; `values` has `length` writable elements, which nobody else uses and which do
 * not move as long as the history is in use.
 */
mild_status mild_history_init(struct mild_history *history,
                              float *values,
                              size_t length);

/**
 * Takes the value of a window; the oldest one goes if the history is full.
 *
 * Status: `NULL_POINTER`, `MISALIGNED`. One thread at a time for each history.
 *
 * # Safety
 * `history` was started.
 */
mild_status mild_history_push(struct mild_history *history,
                              float value);

/**
 * Whether there are as many values as the history is long; false if `history` is null. Only then are
 * its features those that the rejector was trained on.
 *
 * # Safety
 * `history` is null or was started.
 */
bool mild_history_is_full(const struct mild_history *history);

/**
 * Forgets all values, as after a gap between windows.
 *
 * Status: `NULL_POINTER`, `MISALIGNED`.
 *
 * # Safety
 * `history` was started.
 */
mild_status mild_history_clear(struct mild_history *history);

/**
 * The latest value minus the one before; 0 if there are less than two, or if `history` is null.
 *
 * # Safety
 * `history` is null or was started.
 */
float mild_history_change(const struct mild_history *history);

/**
 * The exponential average of the values: the oldest, and from there for each later one a part of
 * 2^-`smoothing` of the way to it; 0 without values, or if `history` is null.
 *
 * # Safety
 * `history` is null or was started.
 */
float mild_history_average(const struct mild_history *history,
                           uint8_t smoothing);

/**
 * Makes the spectrum of a full window, and computes `count` statistics of it into `into`, in their
 * order.
 *
 * The window has 16, 32, 64, 128, 256, 512 or 1024 samples, `sines` are those for this length, and
 * `room`, where the transform is made, has `room_length` elements, one for each sample. `taper` is one
 * of `mild_taper`. The window stays as it is.
 *
 * Status: `NULL_POINTER`, `MISALIGNED`, `STATISTIC`, `WINDOW_LENGTH`, `WINDOW_NOT_FULL`. Thread-safe
 * as long as nobody changes the window and each thread has its own room; at most 640 bytes of stack.
 *
 * # Safety
 * `window` was started; `sines` is one of `mild_sines_16` to `mild_sines_1024`; `room` has
 * `room_length` writable elements, `statistics` has `count` readable elements and `into` as many
 * writable ones.
 */
mild_status mild_window_i16_spectrum(const struct mild_window_i16 *window,
                                     int32_t taper,
                                     const struct mild_sines *sines,
                                     float *room,
                                     size_t room_length,
                                     const struct mild_spectral_statistic *statistics,
                                     size_t count,
                                     float *into);

/**
 * The spectrum of `float` samples: see `mild_window_i16_spectrum()`.
 *
 * # Safety
 * As `mild_window_i16_spectrum()`.
 */
mild_status mild_window_f32_spectrum(const struct mild_window_f32 *window,
                                     int32_t taper,
                                     const struct mild_sines *sines,
                                     float *room,
                                     size_t room_length,
                                     const struct mild_spectral_statistic *statistics,
                                     size_t count,
                                     float *into);

/**
 * Fills a policy; with null for a link that answers within some hundred milliseconds.
 *
 * Status: `NULL_POINTER`, `MISALIGNED`.
 *
 * # Safety
 * `policy` is writable; `retries` is null or readable.
 */
mild_status mild_retry_policy_init(struct mild_retry_policy *policy,
                                   const struct mild_retries *retries);

/**
 * Starts a client without a session; it begins one with its first request.
 *
 * `node` is the device's number in its fleet. `key` has `MILD_KEY_BYTES` bytes, shared with the
 * gateway under `key_number`; null is: nothing is signed. This library does not encrypt: the gateway
 * refuses its requests if the key's entry there says `encrypt = true`. `nonce` are 64 bits of a true
 * random number generator, drawn at each start; a board without one puts the number of its starts into
 * the upper 32 bits.
 *
 * Status: `NULL_POINTER` (also if a function of the port is missing), `MISALIGNED`.
 *
 * # Safety
 * `client` is writable; `policy` was filled, and neither changes nor moves as long as the client is in
 * use, nor does what `port` names; `key` is null or readable.
 */
mild_status mild_client_init(struct mild_client *client,
                             const struct mild_retry_policy *policy,
                             const struct mild_port *port,
                             uint32_t node,
                             const uint8_t *key,
                             uint8_t key_number,
                             uint64_t nonce);

/**
 * Resolves one input: asks the expert that the scores propose, and the next one when it fails, until
 * somebody answers; in the end the device does. Returns within the policy's deadline, if the port's
 * functions do.
 *
 * Status: `NULL_POINTER`, `MISALIGNED`.
 *
 * # Safety
 * `client` was started; `scores` was filled and its scratch is untouched; `input` is readable, with
 * `size` bytes; `outcome` is writable.
 */
mild_status mild_client_resolve(struct mild_client *client,
                                const struct mild_client_input *input,
                                const struct mild_scores *scores,
                                struct mild_outcome *outcome);

/**
 * Resolves one input under a governor, which is charged once; `governed` is not used again before the
 * next `mild_governor_begin()`. Otherwise as `mild_client_resolve()`.
 *
 * # Safety
 * As `mild_client_resolve()`; `governed` was begun and not committed.
 */
mild_status mild_client_resolve_governed(struct mild_client *client,
                                         const struct mild_client_input *input,
                                         struct mild_governor_input *governed,
                                         struct mild_outcome *outcome);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* MILD_H */
