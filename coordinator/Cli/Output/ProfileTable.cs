using Distributed.Coordinator.Reports;
using Spectre.Console;

namespace Distributed.Cli.Output;

/// <summary>Prints the time of each phase of a step.</summary>
internal static class ProfileTable
{
    public static void Write(CommandOutput streams, StepProfile profile)
    {
        var figures = profile.Figures;
        var table = new Table().Border(TableBorder.Rounded).AddColumn("phase").AddColumn("pass");
        foreach (var name in new[] { "ms per step", "share", "calls", "waiting" }) table.AddColumn(new TableColumn(name).RightAligned());
        foreach (var phase in figures.Phases)
        {
            table.AddRow(phase.Phase, phase.Pass, Milliseconds(phase.Seconds), Percent(profile.ShareOf(phase)),
                Format.Invariant($"{phase.Calls:0.#}"), StepProfile.WaitingOf(phase) is { } waiting ? Percent(waiting) : "");
        }

        table.AddEmptyRow();
        var waits = figures.Phases.Sum(phase => phase.WaitingSeconds);
        table.AddRow("step", "", Milliseconds(figures.StepSeconds), Percent(1), "", waits > 0 ? Percent(waits / figures.StepSeconds) : "");
        streams.Output.WriteLine(Title(profile));
        streams.Console.Write(table);
        if (figures.TraceProblem.Length == 0)
        {
            var steps = Steps(figures.FirstStep, figures.FirstStep + figures.TraceSteps - 1);
            streams.Output.WriteLine($"trace:      {figures.Trace} ({steps}; open it in chrome://tracing or ui.perfetto.dev)");
        }

        streams.Output.WriteLine();
    }

    private static string Title(StepProfile profile)
    {
        var left = profile.Figures.StepsLeftOut;
        var rest = left == 0 ? "warm-up included" : $"without the run's first {Format.Exact(left, "step")} (warm-up)";
        return $"{Steps(profile.Figures.FirstStep, profile.LastStep)}, mean over steps and workers; {rest}";
    }

    private static string Steps(long first, long last) => first == last ? $"step {first}" : $"steps {first} to {last}";

    private static string Milliseconds(double seconds) => Format.Invariant($"{1000 * seconds:0.00}");

    private static string Percent(double share) => Format.Invariant($"{100 * share:0.0} %");
}
