using System.Diagnostics;
using System.Text.Json.Nodes;
using Distributed.Cli;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>Trains a short job with libraries that are restricted to older instruction sets. <c>--filter Category=Processors</c>.</summary>
[Trait("Category", "Processors")]
public sealed class RestrictedProcessorTests(TrainedRun run) : IClassFixture<TrainedRun>
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Train_OnAProcessorWithoutAvx512_LearnsTheSame()
    {
        (string, string)[] restriction = [("DOTNET_EnableAVX512", "0"), ("ATEN_CPU_CAPABILITY", "avx2"), ("ONEDNN_MAX_CPU_ISA", "AVX2"),
            ("MKL_ENABLE_INSTRUCTIONS", "AVX2")];
        using var other = new Workspace();

        var check = (await Lines(restriction, "worker", "check", "--json")).Single();
        var events = await Lines(restriction, "train", run.Workspace.Job, "--json", "--set", $"checkpoint.directory={other.Run}");

        Assert.InRange((int)check["vector_bits"]!, 128, 256);
        Assert.NotEqual("AVX512", (string?)check["libtorch_instructions"]);
        var losses = events.Where(line => (string)line["event"]! == "step").Select(line => (double)line["loss"]!).ToList();
        var expected = run.Call.Named("step").Select(line => (double)line["loss"]!).ToList();
        Assert.Equal(expected.Count, losses.Count);
        Assert.All(expected.Zip(losses), pair => Assert.Equal(pair.First, pair.Second, 1e-3)); // other instructions round differently
    }

    private static async Task<List<JsonObject>> Lines((string Name, string Value)[] environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet",
            [typeof(CommandLine).Assembly.Location, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        using var bound = new CancellationTokenSource(Bound);
        using var end = bound.Token.Register(() => process.Kill(entireProcessTree: true));
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(CancellationToken.None),
            process.StandardError.ReadToEndAsync(CancellationToken.None));
        await process.WaitForExitAsync(CancellationToken.None);
        Assert.True(process.ExitCode == 0, await errors);
        return [.. (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => (JsonObject)JsonNode.Parse(line)!)];
    }
}
