using Distributed.Checkpoints;
using Spectre.Console;

namespace Distributed.Cli.Output;

/// <summary>A bar while a checkpoint is read, where a person watches.</summary>
internal static class ReadingProgress
{
    /// <summary>Runs the reading, with a bar named after what is read.</summary>
    public static T Run<T>(CommandOutput shell, bool json, string what, Func<IProgress<VerificationProgress>?, T> work)
    {
        if (json || !shell.IsTerminal) return work(null);
        return shell.Console.Progress().AutoClear(true)
            .Columns(new SpinnerColumn(), new TaskDescriptionColumn(), new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
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
