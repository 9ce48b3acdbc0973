/*
 * The part of the CUDA runtime that the project calls, over host memory. Device memory is host memory, so that the test
 * library of NCCL can access it. A stream is busy only for the first two queries after a copy.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { success = 0, invalid_value = 1, out_of_memory = 2, invalid_device = 101, not_ready = 600 };
#ifndef TESTCUDART_DEVICES
#define TESTCUDART_DEVICES 8
#endif
enum { devices = TESTCUDART_DEVICES };

struct stream { int busy; };

static _Thread_local int device = -1;

int cudaGetDeviceCount(int *count) {
    *count = devices;
    return success;
}

int cudaDeviceGetPCIBusId(char *name, int length, int index) {
    if (index < 0 || index >= devices) return invalid_device;
    return snprintf(name, (size_t)length, "0000:%02x:00.0", index + 1) < length ? success : invalid_value;
}

int cudaSetDevice(int index) {
    if (index >= devices) return invalid_device;
    device = index;
    return success;
}

int cudaStreamCreateWithFlags(struct stream **stream, unsigned flags) {
    if (device < 0 || flags != 1) return invalid_value;
    *stream = calloc(1, sizeof **stream);
    return *stream != NULL ? success : out_of_memory;
}

int cudaStreamQuery(struct stream *stream) {
    if (stream == NULL || stream->busy == 0) return success;
    stream->busy--;
    return not_ready;
}

int cudaStreamSynchronize(struct stream *stream) {
    return stream != NULL ? success : invalid_value;
}

int cudaStreamDestroy(struct stream *stream) {
    free(stream);
    return success;
}

int cudaMalloc(void **memory, size_t bytes) {
    if (device < 0) return invalid_device;
    if (bytes > (size_t)1 << 40) return out_of_memory;
    *memory = aligned_alloc(256, (bytes + 255) / 256 * 256);
    return *memory != NULL ? success : out_of_memory;
}

int cudaFree(void *memory) {
    free(memory);
    return success;
}

int cudaMemcpyAsync(void *to, const void *from, size_t bytes, int direction, struct stream *stream) {
    if (stream == NULL || (direction != 1 && direction != 2)) return invalid_value;
    memcpy(to, from, bytes);
    stream->busy = 2;
    return success;
}

const char *cudaGetErrorString(int error) {
    return error == invalid_device ? "invalid device ordinal" : error == out_of_memory ? "out of memory" : "invalid argument";
}
