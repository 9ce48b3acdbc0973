using Distributed.Cli.Output;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Reports;
using Distributed.Protocol;

namespace Distributed.Cli.Training;

/// <summary>Writes plain lines for a file or a pipe: the first and the last step, and about thirty steps between.</summary>
internal sealed class PlainView(CommandOutput streams) : ITrainView
{
    private const int Lines = 30;

    public async Task ShowAsync(NoticeStream notices, RunFigures figures)
    {
        var every = Math.Max(1, figures.Steps / Lines);
        await foreach (var notice in notices.All)
        {
            var line = figures.Apply(notice);
            switch (notice)
            {
                case PlanMade plan:
                    PlanTable.Write(streams.Console, plan.Plan, plan.Workers);
                    break;
                case RankReported { Rank: 0, Event.EventCase: WorkerEvent.EventOneofCase.Step } when line is not null:
                    if (line.Step == figures.FirstStep + 1 || line.Step % every == 0 || line.Step == line.Steps)
                        streams.Output.WriteLine(StepText.Of(line));
                    break;
                default:
                    if (NoticeText.Of(notice, Format.Location) is { } text) streams.Output.WriteLine(text);
                    break;
            }

            streams.Output.Flush();
        }
    }

    public void ShowMessage(string message) => streams.Error.WriteLine(message);
}
