using Distributed.Checkpoints;
using Spectre.Console;

namespace Distributed.Cli.Output;

/// <summary>Shows a progress bar while a checkpoint is read on a terminal.</summary>
internal static class ReadingProgress
{
    /// <summary>
    /// Runs <paramref name="work"/> with a progress bar labelled <paramref name="what"/>; without a bar if the output is JSON or a file.
    /// </summary>
    public static T Run<T>(CommandOutput streams, bool json, string what, Func<IProgress<VerificationProgress>?, T> work)
    {
        if (json || !streams.IsTerminal) return work(null);
        return streams.Console.Progress().AutoClear(true)
            .Columns(new SpinnerColumn(), new TaskDescriptionColumn(), new ProgressBarColumn(), new DownloadedColumn(),
                new TransferSpeedColumn(), new RemainingTimeColumn())
            .Start(context => work(new Bar(context.AddTask(Markup.Escape(what)))));
    }

    private sealed class Bar(ProgressTask task) : IProgress<VerificationProgress>
    {
        public void Report(VerificationProgress value)
        {
            task.MaxValue = Math.Max(1, value.BytesTotal);
            task.Value = value.BytesDone;
        }
    }
}
