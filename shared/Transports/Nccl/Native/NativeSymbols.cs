using System.Runtime.InteropServices;

namespace Distributed.Transports.Nccl;

/// <summary>A library that is loaded at run time and never unloaded: its threads may outlive whoever asked for it.</summary>
internal sealed class NativeSymbols
{
    private readonly nint _handle;

    /// <summary>Loads the first of the names that the system's loader finds.</summary>
    /// <param name="what">What is looked for, as errors name it.</param>
    /// <param name="names">Paths, or names for the loader's search.</param>
    /// <exception cref="NcclLibraryException">It finds none.</exception>
    public NativeSymbols(string what, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (!NativeLibrary.TryLoad(name, out _handle)) continue;
            (What, File) = (what, name);
            return;
        }

        throw new NcclLibraryException(
            $"{what} was not found: the loader looked for {string.Join(", ", names!)}. Install it, name its file in the "
            + "settings, or add its folder to LD_LIBRARY_PATH.");
    }

    public string What { get; }

    public string File { get; }

    /// <exception cref="NcclLibraryException">The library does not have it.</exception>
    public nint this[string symbol] => NativeLibrary.TryGetExport(_handle, symbol, out var address)
        ? address
        : throw new NcclLibraryException($"{What}, {File}, has no symbol {symbol}.");
}
