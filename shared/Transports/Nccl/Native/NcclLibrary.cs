using System.Runtime.InteropServices;

namespace Distributed.Transports.Nccl;

/// <summary>NCCL, loaded and of a version that is supported. One serves any number of communicators and threads.</summary>
public sealed unsafe class NcclLibrary
{
    /// <summary>What is looked for where no file is named; the system's loader knows where.</summary>
    public const string DefaultName = "libnccl.so.2";

    /// <summary>The length of a communicator's unique id in bytes.</summary>
    public const int UniqueIdBytes = NcclUniqueId.Length;

    private NcclLibrary(NativeSymbols symbols)
    {
        File = symbols.File;
        Functions = new NcclFunctions(symbols);
        int code;
        Check(Functions.GetVersion(&code), "ncclGetVersion");
        Version = NcclVersion.OfCode(code);
        if (Version.CompareTo(NcclVersion.Oldest) < 0)
        {
            throw new NcclLibraryException(
                $"NCCL in {File} is version {Version}; version {NcclVersion.Oldest} or a later one is needed.");
        }
    }

    /// <summary>The path or name that it was loaded by.</summary>
    public string File { get; }

    /// <summary>The library's version.</summary>
    public NcclVersion Version { get; }

    internal NcclFunctions Functions { get; }

    /// <summary>Loads NCCL.</summary>
    /// <param name="file">A path, or a name for the loader's search; null for <see cref="DefaultName"/>.</param>
    /// <exception cref="NcclLibraryException">It is not found, lacks a function, or is older than 2.18.</exception>
    public static NcclLibrary Load(string? file = null) => new(new NativeSymbols("NCCL", file ?? DefaultName));

    /// <summary>
    /// Makes the id of a new communicator, <see cref="UniqueIdBytes"/> long. One rank, or whoever hands it out, makes
    /// it; every rank connects with the same. It serves one communicator: a new epoch takes a new id.
    /// </summary>
    /// <exception cref="NcclException">NCCL failed.</exception>
    public byte[] CreateUniqueId()
    {
        NcclUniqueId id;
        Check(Functions.GetUniqueId(&id), "ncclGetUniqueId");
        return new ReadOnlySpan<byte>(&id, UniqueIdBytes).ToArray();
    }

    /// <summary>What a failed call says: NCCL's words for its result, and for what happened last on the communicator.</summary>
    internal NcclException Failure(int? rank, string operation, int? peer, NcclResult result, nint communicator)
    {
        var text = Marshal.PtrToStringUTF8((nint)Functions.GetErrorString(result)) ?? $"{result}";
        var last = Marshal.PtrToStringUTF8((nint)Functions.GetLastError(communicator))?.Trim() ?? "";
        return new NcclException(rank, operation, peer, result, last == "" ? text : $"{text}; {last}");
    }

    private void Check(NcclResult result, string function)
    {
        if (result != NcclResult.Success) throw Failure(null, function, null, result, communicator: 0);
    }
}
