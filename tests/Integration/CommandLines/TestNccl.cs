namespace Distributed.Integration.Tests.CommandLines;

/// <summary>The libraries that are built beside the tests: one with NCCL's interface that moves host memory between processes, and a stand-in for CUDA's runtime.</summary>
internal static class TestNccl
{
    /// <summary>What a command needs to exchange in this way: nothing but where NCCL is not what it says.</summary>
    /// <param name="transport">Of <c>--transport</c>.</param>
    /// <param name="library">The file's name.</param>
    /// <param name="cuda">The name of the file in CUDA's place.</param>
    public static string[] Arguments(string transport, string library = "libtestnccl.so", string cuda = "libtestcudart.so")
    {
        if (transport != "nccl") return ["--transport", transport];
        Assert.SkipUnless(File.Exists(FileOf(library)), "The library that this test runs over was not built: there is no C compiler (cc).");
        return ["--transport", transport, "--nccl-library", FileOf(library), "--cuda-runtime", FileOf(cuda)];
    }

    private static string FileOf(string name) => Path.Combine(AppContext.BaseDirectory, "testnccl", name);
}
