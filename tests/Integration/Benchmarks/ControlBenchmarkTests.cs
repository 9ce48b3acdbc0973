using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Distributed.Integration.Tests.Benchmarks;

/// <summary>Runs the control-plane benchmark with few workers and checks its figures.</summary>
public sealed class ControlBenchmarkTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);

    private static string Program => Path.Combine(AppContext.BaseDirectory, "Distributed.Benchmarks.dll");

    [Fact]
    public async Task Control_WithFiftyWorkers_MeasuresTheirBeats()
    {
        var (status, output, error) = await RunAsync("dotnet", Program, "control", "--workers", "50", "--rounds", "1", "--json");

        Assert.True(status == 0, error);
        var figures = JsonNode.Parse(output)!;
        Assert.Equal((50, 0), ((int)figures["workers"]!, (int)figures["streams_broken"]!));
        Assert.True((double)figures["beats_per_second"]! > 0);
        Assert.InRange((double)figures["beat_median_ms"]!, 0, (double)figures["beat_p99_ms"]!);
        Assert.True((double)figures["coordinator_mb"]! > 1);
        Assert.True((double)figures["coordinator_cpu"]! > 0);
    }

    [Fact]
    public async Task Control_WithFewerFilesThanWorkers_ReportsHowManyItCouldHave()
    {
        var (status, _, error) = await RunAsync("sh", "-c", $"ulimit -n 330; exec dotnet '{Program}' control --workers 50");

        Assert.Equal(2, status);
        Assert.Equal(
            "50 workers need 350 open files in one process, but only 330 are allowed: enough for 30 workers. Raise the limit with ulimit "
                + "-Hn, "
            + "or measure fewer workers with --workers.", error.Trim());
    }

    private static async Task<(int Status, string Output, string Error)> RunAsync(string program, params string[] arguments)
    {
        using var bound = new CancellationTokenSource(Bound);
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(bound.Token), process.StandardError.ReadToEndAsync(bound.Token));
            await process.WaitForExitAsync(bound.Token);
            return (process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
