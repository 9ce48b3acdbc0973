namespace Distributed.Integration.Tests.CommandLines;

/// <summary>
/// The stand-in libraries that are built with the tests: one with NCCL's interface that moves host memory between processes, and one for
/// the CUDA runtime.
/// </summary>
internal static class TestNccl
{
    /// <summary>
    /// Returns the arguments for a transport; for <c>nccl</c>, with the stand-in libraries. Skips the test if they were not built.
    /// </summary>
    /// <param name="transport">Value of <c>--transport</c>.</param>
    /// <param name="library">File name of the stand-in for NCCL.</param>
    /// <param name="cuda">File name of the stand-in for the CUDA runtime.</param>
    public static string[] Arguments(string transport, string library = "libtestnccl.so", string cuda = "libtestcudart.so")
    {
        if (transport != "nccl") return ["--transport", transport];
        Assert.SkipUnless(File.Exists(FileOf(library)), "The stand-in library was not built: there is no C compiler (cc).");
        return ["--transport", transport, "--nccl-library", FileOf(library), "--cuda-runtime", FileOf(cuda)];
    }

    private static string FileOf(string name) => Path.Combine(AppContext.BaseDirectory, "testnccl", name);
}
