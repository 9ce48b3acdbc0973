/* Sums and maxima over the values of the ranks, in rank order. */
#include "testnccl.h"

#include <string.h>

size_t bytes_of(ncclDataType_t type) {
    switch (type) {
    case ncclUint8: return 1;
    case ncclBfloat16: return 2;
    case ncclFloat32: return 4;
    case ncclInt64: case ncclFloat64: return 8;
    default: return 0;
    }
}

static float widen(uint16_t value) {
    uint32_t bits = (uint32_t)value << 16;
    float wide;
    memcpy(&wide, &bits, sizeof wide);
    return wide;
}

static uint16_t narrow(float value) { /* to the nearest, ties to even; not for NaN */
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

#define REDUCE(element, wide, load, store)                                       \
    for (size_t i = 0; i < count; i++) {                                         \
        wide sum = load(((const element *)in[0])[i]);                            \
        for (int rank = 1; rank < inputs; rank++) {                              \
            wide value = load(((const element *)in[rank])[i]);                   \
            sum = reduction == ncclSum ? sum + value : value > sum ? value : sum; \
        }                                                                        \
        ((element *)out)[i] = store(sum);                                        \
    }

void reduce(char *out, char *const *in, int inputs, size_t count, ncclDataType_t type, ncclRedOp_t reduction) {
    switch (type) {
    case ncclUint8: REDUCE(uint8_t, uint8_t, , ) break;
    case ncclInt64: REDUCE(int64_t, int64_t, , ) break;
    case ncclFloat32: REDUCE(float, float, , ) break;
    case ncclFloat64: REDUCE(double, double, , ) break;
    case ncclBfloat16: REDUCE(uint16_t, float, widen, narrow) break;
    }
}
