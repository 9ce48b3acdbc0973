using System.Runtime.InteropServices;

namespace Distributed.Transports.Nccl;

/// <summary>A native library, loaded at run time. It is never unloaded, because its threads may outlive their creator.</summary>
internal sealed class NativeSymbols
{
    private readonly nint _handle;

    /// <summary>Loads the first library that the system's loader finds.</summary>
    /// <param name="what">Name of the library in errors.</param>
    /// <param name="names">Paths, or names for the loader's search, in order.</param>
    /// <exception cref="NcclLibraryException">The loader finds none of them.</exception>
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

    /// <summary>Returns the address of a symbol.</summary>
    /// <exception cref="NcclLibraryException">The library does not have the symbol.</exception>
    public nint this[string symbol] => NativeLibrary.TryGetExport(_handle, symbol, out var address)
        ? address
        : throw new NcclLibraryException($"{What}, {File}, has no symbol {symbol}.");
}
