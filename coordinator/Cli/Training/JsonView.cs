using Distributed.Cli.Output;
using Distributed.Coordinator.Reports;

namespace Distributed.Cli.Training;

/// <summary>Writes every event as a line of JSON.</summary>
internal sealed class JsonView(CommandOutput streams) : ITrainView
{
    private readonly JsonLines _lines = new(streams.Output);

    public async Task ShowAsync(NoticeStream notices, RunFigures figures)
    {
        await foreach (var notice in notices.All)
        {
            if (figures.Apply(notice) is { } line) _lines.Write("step", StepJson.Of(line));
            else if (NoticeJson.Of(notice) is { } fields) _lines.Write(NoticeJson.NameOf(notice)!, fields);
        }
    }

    public void ShowMessage(string message) => streams.Error.WriteLine(message);
}
