using System.Diagnostics;
using Distributed.Tensors.Processor;

namespace Distributed.Tensors.Tests.Processor;

/// <summary>
/// Repeats the tests of kernels and products in a process whose libraries may use only some of this processor's instruction sets, as on
/// an older processor. Run with <c>--filter Category=Processors</c>.
/// </summary>
[Trait("Category", "Processors")]
public sealed class RestrictedProcessorTests
{
    private const string Variable = "TESTS_RESTRICTED_TO"; // name of the instruction set, in the restricted process
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(10);
    private static readonly string[] Classes = ["*.Kernels.*", "*.Simd.*", "*.MatrixProducts.*", "*." + nameof(RestrictedProcessorTests)];

    // The environment variables that restrict each library, and the instruction set that each library then reports.
    private static readonly Dictionary<string, (string[] Environment, string OneDnn, int Bits, string Libtorch, int Mkl)> Sets = new()
    {
        ["AVX2"] = (["DOTNET_EnableAVX512=0", "ATEN_CPU_CAPABILITY=avx2", "ONEDNN_MAX_CPU_ISA=AVX2", "MKL_ENABLE_INSTRUCTIONS=AVX2"],
            "isa:Intel AVX2", 256, "AVX2", 5),
        ["AVX"] = (["DOTNET_EnableAVX2=0", "ATEN_CPU_CAPABILITY=default", "ONEDNN_MAX_CPU_ISA=AVX", "MKL_ENABLE_INSTRUCTIONS=AVX"],
            "isa:Intel AVX", 128, "DEFAULT", 4),
    };

    [Theory]
    [InlineData("AVX2")]
    [InlineData("AVX")]
    public async Task Kernels_OnAProcessorWithFewerInstructions_PassTheirTests(string set)
    {
        if (Environment.GetEnvironmentVariable(Variable) is not null) return; // this is the restricted process
        var program = Path.Combine(AppContext.BaseDirectory, typeof(RestrictedProcessorTests).Assembly.GetName().Name!);
        var start = new ProcessStartInfo(program,
            [.. Classes.SelectMany(name => new[] { "-class", name })]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var setting in Sets[set].Environment.Append("ONEDNN_VERBOSE=1").Append($"{Variable}={set}"))
            start.Environment[setting[..setting.IndexOf('=', StringComparison.Ordinal)]] =
                setting[(setting.IndexOf('=', StringComparison.Ordinal) + 1)..];
        using var process = Process.Start(start)!;
        using var bound = new CancellationTokenSource(Bound);
        using var end = bound.Token.Register(() => process.Kill(entireProcessTree: true));
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(CancellationToken.None),
            process.StandardError.ReadToEndAsync(CancellationToken.None));
        await process.WaitForExitAsync(CancellationToken.None);

        var text = string.Join('\n',
            (await output + await errors).Split('\n')
                .Where(line => !line.StartsWith("onednn_verbose,v1,primitive", StringComparison.Ordinal)));
        Assert.True(process.ExitCode == 0, text);
        Assert.Contains(Sets[set].OneDnn + "\n", text.Replace(" \n", "\n", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Libraries_OfTheRestrictedProcess_UseNoOtherInstructions()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { } set) return;
        LibraryInstructions.UseOneDnn();
        Assert.Equal(Sets[set].Bits, InstructionSets.VectorBits);
        Assert.Equal(Sets[set].Libtorch, InstructionSets.Libtorch);
        // MKL reports 0 on processors that are not from Intel.
        Assert.True(LibraryInstructions.Mkl <= Sets[set].Mkl, $"MKL uses instructions of level {LibraryInstructions.Mkl}.");
    }
}
