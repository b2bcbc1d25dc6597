// Counts the instructions of emlearn's dense float networks, as the firmware `bench` counts `mild`.
//
// Counted is emlearn's own function from float features to the class, `eml_net_predict`, and its layer alone,
// `eml_net_forward`. The networks are in `networks.h`, which `cargo xtask` writes.

#include "start.h"
#include <eml_net.h>
#include "networks.h"

// Instructions of the calibration, and multiply-accumulates to run for one count.
#define CALIBRATION 10000000u
#define WORK 250000u

// Empties a pointer of all that the compiler knows.
static void *hide(void *pointer) {
    __asm__ volatile("" : "+r"(pointer) : : "memory");
    return pointer;
}

static void calibrate(void) {
    uint32_t start = ticks();
    run_instructions(CALIBRATION);
    uint32_t elapsed = ticks_since(start);
    print("clock ");
    print_number(CALIBRATION);
    print(" ");
    print_number(elapsed);
    print("\n");
}

__attribute__((noinline)) static int32_t decide(EmlNet *net, const float *features, int32_t length) {
    return eml_net_predict(net, features, length);
}

__attribute__((noinline)) static int32_t layer(const EmlNetLayer *layer, const float *in, float *out) {
    return eml_net_forward(in, layer->n_inputs, layer->weights, layer->biases, layer->activation, out, layer->n_outputs);
}

// The call alone, to be taken off.
__attribute__((noinline)) static int32_t nothing(EmlNet *net, const float *features, int32_t length) {
    __asm__ volatile("" : : "r"(net), "r"(features), "r"(length) : "memory");
    return 0;
}

static uint32_t repeats_for(uint32_t macs) {
    uint32_t repeats = WORK / macs;
    return repeats < 2 ? 2 : repeats > 1000 ? 1000 : repeats;
}

static float next_feature(int kind, uint32_t *random) {
    switch (kind) {
    case 0:
        return 0.0f;
    case 1:
        return -128.0f;
    case 2:
        return 127.0f;
    default:
        *random = *random * 1664525u + 1013904223u;
        return (float)(int8_t)(*random >> 24);
    }
}

static uint32_t count(EmlNet *net, const float *features, int32_t length, uint32_t repeats) {
    uint32_t start = ticks();
    for (uint32_t i = 0; i < repeats; i++) {
        // A network of one layer is no network to emlearn, but its layer can be run.
        if (net->n_layers == 1) {
            layer(hide((void *)net->layers), features, net->activations1);
        } else if (decide(hide(net), features, length) < 0) {
            print("emlearn refuses the network\n");
            stop(0);
        }
    }
    return ticks_since(start);
}

static uint32_t count_nothing(EmlNet *net, const float *features, int32_t length, uint32_t repeats) {
    uint32_t start = ticks();
    for (uint32_t i = 0; i < repeats; i++) {
        nothing(hide(net), features, length);
    }
    return ticks_since(start);
}

int main(void) {
    static float features[WIDEST];
    calibrate();
    for (uint32_t n = 0; n < sizeof networks / sizeof *networks; n++) {
        EmlNet *net = networks[n].net;
        int32_t inputs = net->layers[0].n_inputs;
        uint32_t repeats = repeats_for(networks[n].macs);
        uint32_t empty = count_nothing(net, features, inputs, repeats);
        uint32_t random = 1;
        print("decision ");
        print(networks[n].name);
        print(" ");
        print_number(repeats);
        for (int kind = 0; kind < 4; kind++) {
            for (int32_t i = 0; i < inputs; i++) {
                features[i] = next_feature(kind, &random);
            }
            print(" ");
            print_number(count(net, features, inputs, repeats) - empty);
        }
        // The stack is not measured here.
        print(" 0\n");
    }
    return 1;
}
