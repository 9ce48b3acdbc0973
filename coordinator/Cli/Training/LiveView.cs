using Distributed.Cli.Output;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Reports;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Distributed.Cli.Training;

/// <summary>Redraws a table with every step, for a terminal.</summary>
internal sealed class LiveView(CommandOutput streams) : ITrainView
{
    private const int ShownMetrics = 2; // a terminal is narrow

    private const int Rows = 12;
    private const int Messages = 6;

    private readonly Queue<StepLine> _lines = [];
    private readonly Queue<string> _messages = [];
    private readonly Lock _gate = new();

    public async Task ShowAsync(NoticeStream notices, RunFigures figures) =>
        await streams.Console.Live(new Markup("[grey]waiting for workers[/]")).AutoClear(false).StartAsync(async context =>
        {
            await foreach (var notice in notices.All)
            {
                if (figures.Apply(notice) is { } line)
                {
                    _lines.Enqueue(line);
                    if (_lines.Count > Rows) _lines.Dequeue();
                }
                else if (NoticeText.Of(notice, Format.Location) is { } text)
                {
                    ShowMessage(text);
                }

                context.UpdateTarget(Draw(figures));
                context.Refresh();
            }
        });

    public void ShowMessage(string message)
    {
        lock (_gate)
        {
            _messages.Enqueue(message);
            if (_messages.Count > Messages) _messages.Dequeue();
        }
    }

    private IRenderable Draw(RunFigures figures)
    {
        var parts = new List<IRenderable>();
        if (figures.Plan is { } plan) parts.Add(PlanTable.Of(plan.Plan, plan.Workers));
        if (_lines.Count > 0) parts.Add(Steps());
        if (figures.Last is { } last)
        {
            var done = (double)last.Step / last.Steps;
            var filled = (int)(40 * done);
            var bar = $"[green]{new string('━', filled)}[/][grey]{new string('━', 40 - filled)}[/]";
            parts.Add(new Markup(Format.Invariant($"{bar} {100 * done:0} %, {Amount.Duration(last.SecondsLeft)} left")));
        }

        lock (_gate) parts.AddRange(_messages.Select(message => new Markup($"[grey]{Markup.Escape(message)}[/]")));
        return parts.Count == 0 ? new Markup("[grey]waiting for workers[/]") : new Rows(parts);
    }

    private Table Steps()
    {
        var table = new Table().Border(TableBorder.Rounded);
        IEnumerable<string> metrics = _lines.LastOrDefault() is { } last
            ? last.Figures.Metrics.Take(ShownMetrics).Select(metric => metric.Name.Replace('_', ' ')) : [];
        foreach (var name in (string[])["step", "loss", .. metrics, "tokens/s", "exchange", "MaxVio", "rate"])
            table.AddColumn(new TableColumn(name).RightAligned());
        foreach (var line in _lines)
        {
            table.AddRow(
            [
                $"{line.Step}/{line.Steps}", Format.Invariant($"{line.Figures.Loss:0.0000}"),
                .. line.Figures.Metrics.Take(ShownMetrics).Select(metric => Format.Invariant($"{metric.Value:0.000}")),
                Format.Invariant($"{line.TokensPerSecond:0}"),
                Format.Invariant($"{100 * line.ExchangeShare:0} %"), Format.Invariant($"{line.Figures.MaxVio:0.00}"),
                Format.Invariant($"{line.Figures.LearningRate:0.0e+0}"),
            ]);
        }

        return table;
    }
}
