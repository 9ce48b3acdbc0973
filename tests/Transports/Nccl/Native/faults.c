/* Texts of errors, and injected faults. */
#include "testnccl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char last_text[256];

const char *ncclGetErrorString(ncclResult_t result) {
    static const char *const texts[] = {
        "no error", "a CUDA call failed", "a system call failed", "internal error", "invalid argument",
        "invalid usage", "a remote rank failed", "in progress",
    };
    return result >= ncclSuccess && result <= ncclInProgress ? texts[result] : "unknown result";
}

const char *ncclGetLastError(ncclComm_t comm) {
    return comm != NULL ? comm->text : last_text;
}

ncclResult_t fail(ncclComm_t comm, ncclResult_t result, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(last_text, sizeof last_text, format, arguments);
    va_end(arguments);
    if (comm != NULL) memcpy(comm->text, last_text, sizeof comm->text);
    return result;
}

void read_fault(ncclComm_t comm, const ncclUniqueId *id) {
    struct fault *fault = &comm->fault;
    int fields = sscanf(id->internal + sizeof comm->name, "%d %31s %d %d", &fault->rank, fault->function, &fault->nth, &fault->result);
    if (fields != 4) fault->rank = -1;
}

ncclResult_t injected(ncclComm_t comm, const char *function) {
    struct fault *fault = &comm->fault;
    if (fault->rank != comm->rank || strcmp(fault->function, function) != 0 || ++fault->seen != fault->nth) return ncclSuccess;
    return fail(comm, fault->result, "injected into call %d of %s", fault->nth, function);
}
