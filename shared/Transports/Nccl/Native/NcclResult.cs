namespace Distributed.Transports.Nccl;

/// <summary>Result of an NCCL call. The values are those of NCCL's interface.</summary>
public enum NcclResult
{
    /// <summary>The call is done, or its work is queued on the stream.</summary>
    Success = 0,

    /// <summary>A CUDA call failed.</summary>
    UnhandledCudaError = 1,

    /// <summary>A call to the operating system failed.</summary>
    SystemError = 2,

    /// <summary>NCCL detected an internal error.</summary>
    InternalError = 3,

    /// <summary>An argument is invalid.</summary>
    InvalidArgument = 4,

    /// <summary>The call is not valid in this state.</summary>
    InvalidUsage = 5,

    /// <summary>Another rank or the network to it failed.</summary>
    RemoteError = 6,

    /// <summary>The operation is not complete yet.</summary>
    InProgress = 7,

    /// <summary>NCCL's own time limit has expired.</summary>
    Timeout = 8,
}
