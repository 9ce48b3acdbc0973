using System.CommandLine;
using System.Text.Json.Nodes;
using Distributed.Cli.Models;
using Distributed.Cli.Output;
using Distributed.Coordinator.Jobs;
using Distributed.Planning;
using Distributed.Worker.Checks;
using Spectre.Console;

namespace Distributed.Cli.Commands.Workers;

/// <summary><c>worker check</c>: measures what this machine offers to a worker.</summary>
internal static class WorkerCheckCommand
{
    public static Command Create(CommandOutput streams)
    {
        var (json, nccl) = (CommonOptions.Json(), new NcclOptions());
        var command = new VerbCommand("check",
            "Measures what this machine offers to a worker: tensor library, cores, memory, speed, and which transports work.",
            "worker check --json", isReport: true) { json };
        nccl.AddTo(command);
        command.SetAction((parsed, _) => CommandLine.GuardAsync(streams, parsed.GetValue(json), async () =>
        {
            NativeTorch.Require();
            var report = await MachineCheck.RunAsync(nccl.Of(parsed.CommandResult));
            if (parsed.GetValue(json)) new JsonLines(streams.Output).Write("check", Fields(report));
            else Write(streams.Console, report);
            return report.Transports.Any(transport => transport.GbS is not null) ? ExitStatus.Ok : ExitStatus.Failure;
        }));
        return command;
    }

    private static void Write(IAnsiConsole console, MachineReport report)
    {
        var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumn("what").AddColumn("value");
        table.AddRow("libtorch", $"{report.Libtorch}, {(report.BuiltWithCuda ? "with CUDA" : "without CUDA")}");
        table.AddRow("cores", Format.Exact(report.Cores));
        table.AddRow("memory", Amount.Bytes(report.MemoryBytes));
        table.AddRow("GPUs", report.Gpus == 0 ? "none" : Format.Exact(report.Gpus));
        table.AddRow("instructions",
            Format.Invariant($"{report.VectorBits}-bit registers, libtorch {report.LibtorchInstructions ?? "unknown"}"));
        table.AddRow("bf16 products", report.Bf16Products ? "native" : "through fp32");
        foreach (var (type, peak) in report.MatrixPeaks) table.AddRow($"matrix product, {type}", Format.Invariant($"{peak:0.0} GFLOP/s"));
        var speedup = report.Bf16Products ? Format.Invariant($" (bf16 products: {report.Bf16Speedup:0.00} times as fast as fp32)") : "";
        table.AddRow("precision auto", Auto(report).Name() + speedup);
        table.AddRow("memory copy", Format.Invariant($"{report.CopyGbS:0.0} GB/s"));
        table.AddRow("loopback socket", Format.Invariant($"{report.LoopbackGbS:0.0} GB/s"));
        foreach (var transport in report.Transports)
            table.AddRow($"exchange, {transport.Name}",
                Markup.Escape(transport.Problem
                    ?? Format.Invariant($"{transport.GbS:0.0} GB/s {(transport.Ranks == 1 ? "by one GPU alone" : "each way")}")));
        console.Write(table);
    }

    private static Precision Auto(MachineReport report) => PrecisionChoice.Of([report.Bf16Speedup]);

    /// <summary>Returns the measurements as JSON fields.</summary>
    public static JsonObject Fields(MachineReport report) => new()
    {
        ["libtorch"] = report.Libtorch,
        ["libtorch_cuda"] = report.BuiltWithCuda,
        ["cores"] = report.Cores,
        ["memory_bytes"] = report.MemoryBytes,
        ["gpus"] = report.Gpus,
        ["vector_bits"] = report.VectorBits,
        ["libtorch_instructions"] = report.LibtorchInstructions,
        ["bf16_products"] = report.Bf16Products,
        ["matrix_peak_gflops"] = new JsonObject(report.MatrixPeaks.Select(peak => KeyValuePair.Create(peak.Key, (JsonNode?)peak.Value))),
        ["bf16_speedup"] = report.Bf16Speedup,
        ["precision_auto"] = Auto(report).Name(),
        ["memory_copy_gb_s"] = report.CopyGbS,
        ["loopback_gb_s"] = report.LoopbackGbS,
        ["transports"] = new JsonArray(
            [
                .. report.Transports.Select(
                    transport => (JsonNode)new JsonObject
                    {
                        ["name"] = transport.Name, ["works"] = transport.GbS is not null, ["gb_s"] = transport.GbS,
                        ["ranks"] = transport.Ranks, ["problem"] = transport.Problem
                    })]),
    };
}
