namespace Distributed.Transports.Nccl;

/// <summary>A native library is missing, lacks a symbol, or is too old. The message names its file.</summary>
public sealed class NcclLibraryException(string message) : Exception(message);
