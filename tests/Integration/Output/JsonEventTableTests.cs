using System.Text.Json.Nodes;
using Distributed.Cli;
using Distributed.Cli.Commands.Workers;
using Distributed.Cli.Faults;
using Distributed.Cli.Output;
using Distributed.Cli.Training;
using Distributed.Coordinator.Jobs;
using Distributed.Integration.Tests.CommandLines;
using Distributed.Protocol;
using Distributed.Protocol.Faults;
using Distributed.Simulation;
using Distributed.Worker.Checks;

namespace Distributed.Integration.Tests.Output;

/// <summary>The README of the command line documents exactly the events of <c>--json</c> and their keys.</summary>
public sealed class JsonEventTableTests(TrainedRun trained) : IClassFixture<TrainedRun>
{
    private readonly JsonEventTable _table = new();

    [Fact]
    public async Task Events_OfEveryVerb_HaveTheKeysOfTheTable()
    {
        var workspace = trained.Workspace;
        var (run, config) = (workspace.Run, workspace.At("config.json"));
        var damaged = workspace.At("damaged");
        Directory.CreateDirectory(Path.Combine(damaged, "step-00000004"));
        await File.WriteAllTextAsync(Path.Combine(damaged, "step-00000004", "manifest.json"), "{}", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(config, (await InvocationOf("inspect", workspace.Job)).Single()["job"]!["model"]!.ToJsonString(),
            TestContext.Current.CancellationToken);
        var brief = workspace.At("brief.txt");
        await File.WriteAllTextAsync(brief, "The river carries an answer.", TestContext.Current.CancellationToken);
        var events = new List<(string Verb, JsonObject Line)>();
        await AddAsync("train", "train", workspace.Job, "--profile", "2", "--set", $"checkpoint.directory={workspace.At("profiled")}");
        await AddAsync(
            "train", "train", workspace.Job, "--set", "training.steps=1", "--set", $"data.evaluation={brief}",
            "--set", $"checkpoint.directory={workspace.At("brief")}");
        await AddAsync("eval", "eval", "--checkpoint", run);
        await AddAsync("generate", "generate", "--checkpoint", run, "--prompt", "The river", "--tokens", "2");
        foreach (var what in new[] { workspace.Job, run, config }) await AddAsync("inspect", "inspect", what);
        foreach (var folder in new[] { run, damaged }) await AddAsync("checkpoint list", "checkpoint", "list", folder);
        await AddAsync("checkpoint verify", "checkpoint", "verify", run);
        await AddAsync("checkpoint diff", "checkpoint", "diff", Path.Combine(run, "step-00000003"), run);
        await AddAsync("token create", "token", "create", "--state", workspace.At("state"));
        await AddAsync("simulate", "simulate", "--schedules", "2");
        await AddAsync("simulate", "simulate", "--schedules", "1", "--trace");
        await AddAsync("tokenizer train", "tokenizer", "train", "--corpus", workspace.At("corpus"), "--vocabulary", "300", "--output",
            workspace.At("tokenizer"));
        await AddAsync("data prepare", "data", "prepare", workspace.Job);
        var examples = workspace.At("examples.jsonl");
        await File.WriteAllTextAsync(
            examples, "{\"prompt\": \"The river\", \"completion\": \" carries\"}", TestContext.Current.CancellationToken);
        await AddAsync("data show", "data", "show", examples, "--tokenizer", workspace.At("tokenizer"));
        var pairs = workspace.At("pairs.jsonl");
        await File.WriteAllTextAsync(pairs, "{\"prompt\": \"The river\", \"chosen\": \" carries\", \"rejected\": \" waits\"}",
            TestContext.Current.CancellationToken);
        string[] tokenizer = ["--set", $"data.tokenizer={workspace.At("tokenizer")}/tokenizer.json", "--set", "data.vocabulary=4096"];
        await AddAsync("data prepare", ["data", "prepare", workspace.Job, "--set", "objective.kind=sft", "--set",
            "data.format=completions", "--set", $"data.examples={examples}", .. tokenizer]);
        await AddAsync("train", ["train", workspace.Job, "--set", "objective.kind=reward_model", "--set", $"data.examples={pairs}",
            "--set", $"data.evaluation={pairs}", "--set", "training.steps=1", "--set", "sample.tokens=0",
            "--set", $"checkpoint.directory={workspace.At("reward")}", .. tokenizer]);
        await AddAsync("inspect", "inspect", workspace.At("nothing"));
        foreach (var (verb, line) in await ServiceAsync()) events.Add((verb, line));
        foreach (var line in await ViewAsync()) events.Add(("train", line));
        foreach (var (verb, line) in Reports()) events.Add((verb, line));

        Assert.Equal([],
            events.GroupBy(each => each.Verb).SelectMany(each => _table.Differences(each.Key, each.Select(pair => pair.Line))));
        Assert.Equal(_table.Names, events.Select(each => (string)each.Line["event"]!).Distinct().Order());

        async Task AddAsync(string verb, params string[] args) => events.AddRange((await InvocationOf(args)).Select(line => (verb, line)));
    }

    private static async Task<IReadOnlyList<JsonObject>> InvocationOf(params string[] args) =>
        (await Invocation.Of([.. args, "--json"])).Events;

    private async Task<List<(string Verb, JsonObject Line)>> ServiceAsync()
    {
        using var process = ShellRun.Start("exec \"$@\"", "serve", "--listen", "127.0.0.1:0", "--state", trained.Workspace.At("served"),
            "--on-exit", "stop", "--json");
        try
        {
            var serving = (JsonObject)JsonNode.Parse((await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))!)!;
            string[] coordinator = ["--coordinator", (string)serving["api"]!];
            using var worker = ShellRun.Start("exec \"$@\"", "worker", "join", "--coordinator", (string)serving["workers"]!,
                "--name", "worker-0");
            var followed = await InvocationOf(["submit", trained.Workspace.Job, "--set", "parallel.workers=1", "--set",
                $"checkpoint.directory={trained.Workspace.At("followed")}", "--follow", .. coordinator]);
            await ServedProcess.EndAsync(process, "-TERM");
            await worker.WaitForExitAsync(TestContext.Current.CancellationToken);
            var ended = (JsonObject)JsonNode.Parse((await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))!)!;
            return [("serve", serving), .. followed.Select(line => ("submit", line)), ("serve", ended)];
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    // Events that a normal run does not write.
    private static async Task<IReadOnlyList<JsonObject>> ViewAsync()
    {
        using var output = new StringWriter();
        var notices = new NoticeStream();
        foreach (var notice in new JobNotice[]
        {
            new WorkerLeaving("worker-1", 1, 0), new WorkerLeft("worker-1", 0, 1, 2),
            new RecoveryBegan(new Failure(FailureCause.WorkerLost), 4), new ReplacementAwaited(1, TimeSpan.FromSeconds(1)),
            new RescaleBegan("asked", 4),
            new EpochBegan(2, 2, 4, 0, 0, "a recovery point"), new WorkerSlow(0, "worker-0", "compute", 2, 4),
            new RankReported(0,
                new WorkerEvent { Identity = new StepIdentity { Step = 3 }, SaveFailed = new SaveFailed { Message = "no room" } }),
        }) notices.On(notice);
        notices.Complete();
        await new JsonView(new CommandOutput(output, TextWriter.Null, isTerminal: false)).ShowAsync(notices, new RunFigures(10));
        return Lines(output);
    }

    private static IEnumerable<(string Verb, JsonObject Line)> Reports()
    {
        using var output = new StringWriter();
        var streams = new CommandOutput(output, TextWriter.Null, isTerminal: false);
        var plan = FaultPlan.Random(1, 2, workers: 2, steps: 10);
        var report = new FaultReport(streams, json: true);
        report.Announce(plan, 1);
        report.Write(plan, plan.Faults, [new ChaosCheck("steps", true, "each once")], ExitStatus.Ok);
        var chaos = Lines(output);
        output.GetStringBuilder().Clear();
        new ScheduleReport(streams, new ScheduleOptions(), json: true).Summarise(1,
            new SweepResult(1, [new ScheduleResult(1, null, new Violation("it holds", "it does not"), [])], new Dictionary<string, int>(),
                1, 1), TimeSpan.Zero);
        var check = WorkerCheckCommand.Fields(new MachineReport("2.10", false, 2, 1, 0, 256, "AVX2", true, 1.5,
            new Dictionary<string, double> { ["fp32"] = 1 }, 1, 1, [new TransportCheck("grpc", 1, null)]));
        check["event"] = "check";
        return [.. chaos.Select(line => ("chaos", line)), .. Lines(output).Select(line => ("simulate", line)), ("worker check", check)];
    }

    private static IReadOnlyList<JsonObject> Lines(StringWriter output) =>
        [.. output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => (JsonObject)JsonNode.Parse(line)!)];
}
