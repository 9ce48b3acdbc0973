using System.Runtime.InteropServices;

namespace Distributed.Transports.Nccl;

/// <summary>NCCL, loaded in a supported version. One object serves any number of communicators and threads.</summary>
public sealed unsafe class NcclLibrary
{
    /// <summary>File name of NCCL if no file is given, for the search of the system's loader.</summary>
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
                $"NCCL in {File} is version {Version}. Install version {NcclVersion.Oldest} or later.");
        }
    }

    /// <summary>Path or name by which the library was loaded.</summary>
    public string File { get; }

    /// <summary>Version of the library.</summary>
    public NcclVersion Version { get; }

    internal NcclFunctions Functions { get; }

    /// <summary>Loads NCCL.</summary>
    /// <param name="file">Path, or name for the loader's search; null for <see cref="DefaultName"/>.</param>
    /// <exception cref="NcclLibraryException">The library is not found, lacks a function, or is older than 2.18.</exception>
    public static NcclLibrary Load(string? file = null) => new(new NativeSymbols("NCCL", file ?? DefaultName));

    /// <summary>
    /// Creates the id of a new communicator, <see cref="UniqueIdBytes"/> bytes long. One process creates it and distributes it; every rank
    /// connects with the same id. An id serves one communicator, so a new epoch needs a new id.
    /// </summary>
    /// <exception cref="NcclException">The call of NCCL failed.</exception>
    public byte[] CreateUniqueId()
    {
        NcclUniqueId id;
        Check(Functions.GetUniqueId(&id), "ncclGetUniqueId");
        return new ReadOnlySpan<byte>(&id, UniqueIdBytes).ToArray();
    }

    /// <summary>
    /// Creates the exception of a failed call, with NCCL's texts for the result and for the last error of the communicator.
    /// </summary>
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
