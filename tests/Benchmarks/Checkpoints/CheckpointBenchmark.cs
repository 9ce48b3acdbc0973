using Distributed.Models.Layers;
using System.Diagnostics;
using Distributed.Benchmarks.Steps;
using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using Distributed.Parallel.Collectives;
using Distributed.Tensors.Processor;
using Distributed.Training.Checkpointing;
using Distributed.Training.Reports;
using Distributed.Transports.InMemory;

namespace Distributed.Benchmarks.Checkpoints;

/// <summary>
/// Measures saving and loading a network of 100 million parameters with its optimizer moments, against plain file I/O of the same size, and
/// how much a concurrent save slows steps down.
/// </summary>
internal sealed class CheckpointBenchmark : IBenchmark
{
    private const int StepsBetweenSaves = 10, WarmUp = 8;

    public string Name => "checkpoint";

    public string Description => "Saving and loading against plain file I/O, and the slowdown of steps by concurrent saves.";

    public Figures Run(BenchmarkOptions options, TextWriter progress)
    {
        ComputeThread.Prepare(Environment.ProcessorCount);
        var folder = Directory.CreateTempSubdirectory("benchmark-checkpoint-").FullName;
        try
        {
            var figures = Large(options, Path.Combine(folder, "large"), progress);
            var slowDown = SlowDown(options, Path.Combine(folder, "small"), progress);
            return figures.Add("slow_down", slowDown,
                $"time of a step when saving every {StepsBetweenSaves} steps, over that without saves");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Figures Large(BenchmarkOptions options, string root, TextWriter progress)
    {
        var (exchange, small) = (new InMemoryFabric(1).Endpoint(0), MeasuredSetup.LatentAttention);
        using var measured = new MeasuredNetwork(options, exchange, new ExchangeCollectives(exchange), 0, 1, new MeasuredSetup
        {
            Config = small with { VocabSize = 16384, HiddenSize = 512, MoeIntermediateSize = 512, NumHiddenLayers = 6,
                Attention = (LatentAttentionShape)small.Attention with { QLoraRank = 192, KvLoraRank = 128 } },
        });
        using var saver = Saver(measured, exchange, root);
        measured.Step();
        var bytes = Save(measured, saver, root, 0).Bytes;
        progress.WriteLine($"{measured.Parameters / 1e6:F1} million parameters, {bytes / 1e6:F0} MB with masters and moments");
        using var plain = new PlainFile(Path.Combine(root, "plain"), bytes);
        var rounds = Enumerable.Range(1, options.Rounds).Select(_ => new Round()).ToList();
        // Compared operations alternate. On a virtual machine, memory that was not used recently is slow; a few warm-up rounds avoid this.
        for (var turn = 1 - WarmUp; turn <= options.Rounds; turn++)
        {
            var (write, save) = (plain.Write(), Save(measured, saver, root, turn + WarmUp).Seconds);
            progress.WriteLine($"{(turn <= 0 ? "warm-up" : $"round {turn} of {options.Rounds}")}: write {write:F2} s, save {save:F2} s");
            if (turn > 0) (rounds[turn - 1].Write, rounds[turn - 1].Save) = (write, save);
        }

        _ = plain.Read();
        foreach (var now in rounds)
        {
            now.Read = plain.Read();
            var loading = ResidentMemory.PeakDuring(() => now.Load = Load(measured, root));
            now.LoadMemory = (bytes + loading.Peak - loading.Before) / (double)bytes;
            progress.WriteLine($"read {now.Read:F2} s, load {now.Load:F2} s, memory {now.LoadMemory:F3}");
        }

        for (var round = 1; round <= options.Rounds; round++)
        {
            var now = rounds[round - 1];
            measured.Step();
            var stepping = ResidentMemory.PeakDuring(() => now.Step = Time(measured.Step));
            var saving = ResidentMemory.PeakDuring(
                () => (now.Asynchronous, now.HeldUp) = SaveBesideSteps(measured, saver, root, round + 1000));
            now.SaveMemory = (bytes + saving.Peak - stepping.Peak) / (double)bytes;
            progress.WriteLine(
                $"round {round} of {options.Rounds}: steps of {now.Step:F2} s with a concurrent save of {now.Asynchronous:F2} s, "
                + $"held up {now.HeldUp:F3} s, memory {now.SaveMemory:F3}");
        }

        return new Figures()
            .Add("save_over_write", Median.Of(rounds.Select(r => r.Write / r.Save)),
                "throughput of a save, over that of writing and flushing one file of the same size")
            .Add("load_over_read", Median.Of(rounds.Select(r => r.Read / r.Load)),
                "throughput of loading, hashes checked, over that of reading one file of the same size; "
                + "both in the page cache")
            .Add("stall", Median.Of(rounds.Select(r => r.HeldUp / r.Save)),
                "time that steps waited for a concurrent save, over the time of a save alone")
            .Add("save_memory", Median.Of(rounds.Select(r => r.SaveMemory)),
                "(state + rise of resident memory above a step's peak) / state, during a concurrent save")
            .Add("load_memory", Median.Of(rounds.Select(r => r.LoadMemory)),
                "(state + rise of resident memory) / state, while loading into the existing tensors")
            .Add("state_mb", bytes / 1e6, $"MB: {measured.Parameters / 1e6:F1} million parameters with masters and moments")
            .Add("save_mb_s", bytes / 1e6 / Median.Of(rounds.Select(r => r.Save)), "MB/s, hashed and on disk")
            .Add("load_mb_s", bytes / 1e6 / Median.Of(rounds.Select(r => r.Load)), "MB/s, hashes checked")
            .Add("step_seconds", Median.Of(rounds.Select(r => r.Step)), "a step of this network")
            .Add("asynchronous_seconds", Median.Of(rounds.Select(r => r.Asynchronous)),
                "from the start of a concurrent save to its commit");
    }

    private static double SlowDown(BenchmarkOptions options, string root, TextWriter progress)
    {
        var exchange = new InMemoryFabric(1).Endpoint(0);
        using var measured = new MeasuredNetwork(options, exchange, new ExchangeCollectives(exchange), 0, 1,
            new MeasuredSetup { Config = MeasuredSetup.PlainAttention });
        using var saver = Saver(measured, exchange, root);
        for (var step = 0; step < 3; step++) measured.Step();
        var ratios = new List<double>();
        for (var round = 1; round <= options.Rounds; round++)
        {
            var (alone, saving) = (Time(() => Steps(0)), Time(() => Steps(round)));
            ratios.Add(saving / alone);
            progress.WriteLine($"round {round} of {options.Rounds}: {StepsBetweenSaves} steps {alone:F2} s, with a save {saving:F2} s");
        }

        return Median.Of(ratios);

        void Steps(int save)
        {
            if (save > 0) DeleteAll(root); // as retention does, so that the memory of the page cache is reused
            if (save > 0) Succeeded(saver.Begin(State(measured, save), whileTraining: true));
            for (var step = 0; step < StepsBetweenSaves; step++)
            {
                measured.Step();
                if (saver.IsReady) Succeeded(saver.EndPhase() as SaveOutcome.Failed);
            }

            saver.Finish();
        }
    }

    private static CheckpointSaver Saver(MeasuredNetwork measured, Transports.IExchange exchange, string root) =>
        new(measured.Network, new ExchangeCollectives(exchange), new DirectoryStore(root), RetentionPolicy.All, TimeProvider.System,
            TimeSpan.FromMinutes(5));

    private static (long Bytes, double Seconds) Save(MeasuredNetwork measured, CheckpointSaver saver, string root, long step)
    {
        DeleteAll(root);
        var start = Stopwatch.GetTimestamp();
        Succeeded(saver.Begin(State(measured, step)));
        var report = Report(saver.Finish()!);
        return (report.Bytes, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private static (double Seconds, double HeldUp) SaveBesideSteps(
        MeasuredNetwork measured, CheckpointSaver saver, string root, long number)
    {
        DeleteAll(root);
        Succeeded(saver.Begin(State(measured, number), whileTraining: true));
        SaveOutcome? outcome = null;
        while (outcome is null)
        {
            measured.Step();
            if (saver.IsReady) outcome = saver.EndPhase();
        }

        var report = Report(outcome);
        return (report.Seconds, report.HeldUpSeconds);
    }

    private static void DeleteAll(string root)
    {
        if (!Directory.Exists(root)) return;
        foreach (var saved in Directory.EnumerateDirectories(root)) Directory.Delete(saved, recursive: true);
    }

    private static double Load(MeasuredNetwork measured, string root) => Time(() =>
    {
        using var checkpoint = Checkpoint.Open(root);
        CheckpointLoader.Load(measured.Network, checkpoint);
    });

    private static CheckpointState State(MeasuredNetwork measured, long step) => new()
    {
        Job = "benchmark", Model = measured.Network.Model.Config.ToJson(), Step = step, SampleCursor = 0, TokensSeen = 0, Seed = 1,
        World = new WorldLayout(1, 1, 1),
    };

    private static void Succeeded(SaveOutcome.Failed? failed)
    {
        if (failed is not null) throw failed.Failure;
    }

    private static CheckpointReport Report(SaveOutcome outcome)
    {
        Succeeded(outcome as SaveOutcome.Failed);
        return ((SaveOutcome.Saved)outcome).Report;
    }

    private static double Time(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private sealed class Round
    {
        public double Write, Save, Read, Load, Step, Asynchronous, HeldUp, SaveMemory, LoadMemory;
    }
}
