using Distributed.Cli.Commands;
using Distributed.Data.Preparation;
using Spectre.Console;

namespace Distributed.Cli.Output;

/// <summary>Shows a progress bar for each stage of the data preparation on a terminal.</summary>
internal static class ProgressBars
{
    public static T Run<T>(IAnsiConsole console, Func<IProgress<PreparationProgress>, T> work) =>
        console.Progress()
            .Columns(new SpinnerColumn(), new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(),
                new ElapsedTimeColumn())
            .Start(context => work(new Bars(context)));

    private sealed class Bars(ProgressContext context) : IProgress<PreparationProgress>
    {
        private readonly Dictionary<PreparationStage, ProgressTask> _bars = [];

        public void Report(PreparationProgress value)
        {
            if (!_bars.TryGetValue(value.Stage, out var bar))
            {
                foreach (var before in _bars.Values) before.Value = 100;
                _bars[value.Stage] = bar = context.AddTask(DataStage.Name(value.Stage));
            }

            bar.Value = 100 * value.Fraction;
        }
    }
}
