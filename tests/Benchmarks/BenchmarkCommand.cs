using System.CommandLine;
using System.Text.Json;
using Distributed.Benchmarks.Checkpoints;
using Distributed.Benchmarks.Control;
using Distributed.Benchmarks.Exchanges;
using Distributed.Benchmarks.Recovery;
using Distributed.Benchmarks.Steps;
using Distributed.Benchmarks.Texts;
using Distributed.Planning;
using Distributed.Tensors.Kernels;
using Distributed.Training;

namespace Distributed.Benchmarks;

/// <summary>The command line: <c>dotnet run -c Release --project tests/Benchmarks -- NAME [--json]</c>.</summary>
internal static class BenchmarkCommand
{
    private const int CouldNotBegin = 2; // the same exit status as in the project's command line
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private static readonly IBenchmark[] All = [new StepBenchmark(), new ExpertParallelBenchmark(), new OverlapBenchmark(),
        new ObjectiveBenchmark(),
        new MemoryBenchmark(), new AllToAllBenchmark(), new CheckpointBenchmark(), new RecoveryBenchmark(), new RecoveryPointsBenchmark(),
        new ControlBenchmark(), new TokenizerBenchmark(), new DataBenchmark()];

    /// <summary>One command for each benchmark.</summary>
    public static RootCommand Create()
    {
        var root = new RootCommand(
            "Measures this project on this machine, as medians over rounds. Run nothing else on the machine meanwhile.");
        foreach (var benchmark in All) root.Subcommands.Add(Of(benchmark));
        root.Subcommands.Add(RankOfAllToAll());
        root.Subcommands.Add(RankOfExpertParallel());
        root.Subcommands.Add(WorkersOfControl());
        return root;
    }

    // Hidden commands of the processes that benchmarks start.
    private static Command RankOfAllToAll()
    {
        var folder = new Argument<string>("folder");
        Argument<int> rank = new("rank"), ranks = new("ranks"), rounds = new("rounds");
        var command = new Command(AllToAllRank.Verb) { folder, rank, ranks, rounds };
        command.Hidden = true;
        command.SetAction(
            parsed => AllToAllRank.Run(parsed.GetValue(folder)!, parsed.GetValue(rank), parsed.GetValue(ranks), parsed.GetValue(rounds)));
        return command;
    }

    private static Command RankOfExpertParallel()
    {
        var folder = new Argument<string>("folder");
        Argument<int> rank = new("rank"), ranks = new("ranks"), rounds = new("rounds");
        var precision = new Argument<Precision>("precision");
        var kernels = new Argument<KernelChoice>("kernels");
        var command = new Command(ExpertParallelRank.Verb) { folder, rank, ranks, rounds, precision, kernels };
        command.Hidden = true;
        command.SetAction(parsed => ExpertParallelRank.Run(
            parsed.GetValue(folder)!, parsed.GetValue(rank), parsed.GetValue(ranks),
            new BenchmarkOptions(parsed.GetValue(rounds), parsed.GetValue(precision), parsed.GetValue(kernels))));
        return command;
    }

    private static Command WorkersOfControl()
    {
        var state = new Argument<string>("state");
        var coordinator = new Argument<Uri>("coordinator") { CustomParser = result => new Uri(result.Tokens[0].Value) };
        Argument<int> count = new("count"), rounds = new("rounds");
        var command = new Command(ControlWorkers.Verb) { state, coordinator, count, rounds };
        command.Hidden = true;
        command.SetAction(
            (parsed, _) => ControlWorkers.RunAsync(parsed.GetValue(state)!, parsed.GetValue(coordinator)!, parsed.GetValue(count),
                parsed.GetValue(rounds)));
        return command;
    }

    private static Command Of(IBenchmark benchmark)
    {
        var json = new Option<bool>("--json") { Description = "One JSON object instead of a table." };
        var rounds = new Option<int>("--rounds")
        {
            Description = "Number of rounds that medians are taken over.", DefaultValueFactory = _ => 5
        };
        rounds.Validators.Add(result =>
        {
            if (result.GetValue(rounds) is < 1 or > 1000) result.AddError("--rounds: allowed: 1 to 1000.");
        });
        var precision = new Option<Precision>("--precision")
        {
            Description = "bf16, fp32 or fp64; auto is what a job chooses on this machine.", DefaultValueFactory = _ => Precision.Bf16,
        };
        var kernels = new Option<KernelChoice>("--kernels")
        {
            Description = "fused or plain.", DefaultValueFactory = _ => KernelChoice.Fused
        };
        var isolation = new Option<string>("--isolation")
        {
            Description = "Runs workers as threads of this process (in-process) or as separate processes (process).",
            DefaultValueFactory = _ => "in-process",
        };
        isolation.AcceptOnlyFromAmong("in-process", "process");
        var workers = new Option<int>("--workers")
        {
            Description = "Number of workers.", DefaultValueFactory = _ => benchmark.Workers ?? 0
        };
        workers.Validators.Add(result =>
        {
            if (result.GetValue(workers) is < 1 or > 20_000) result.AddError("--workers: allowed: 1 to 20000.");
        });
        var command = new Command(benchmark.Name, benchmark.Description) { json, rounds, precision, kernels };
        if (benchmark.HasProcesses) command.Options.Add(isolation);
        if (benchmark.Workers is not null) command.Options.Add(workers);
        command.SetAction(parsed =>
        {
            var options = new BenchmarkOptions(parsed.GetValue(rounds), parsed.GetValue(precision).Resolve(), parsed.GetValue(kernels),
                benchmark.HasProcesses && parsed.GetValue(isolation) == "process",
                benchmark.Workers is null ? 0 : parsed.GetValue(workers));
            if (benchmark.Problem(options) is { } problem)
            {
                Console.Error.WriteLine(problem);
                return CouldNotBegin;
            }

            var figures = benchmark.Run(options, Console.Error);
            if (parsed.GetValue(json)) Console.Out.WriteLine(figures.ToJson().ToJsonString(Indented));
            else foreach (var line in figures.ToTable()) Console.Out.WriteLine(line);
            return 0;
        });
        return command;
    }
}
