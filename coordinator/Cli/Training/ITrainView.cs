
namespace Distributed.Cli.Training;

/// <summary>Shows the progress of a run.</summary>
internal interface ITrainView
{
    /// <summary>Shows every notice until the stream ends.</summary>
    /// <param name="notices">The run's notices.</param>
    /// <param name="figures">Accumulates the notices.</param>
    Task ShowAsync(NoticeStream notices, RunFigures figures);

    /// <summary>Shows a message to the user.</summary>
    void ShowMessage(string message);
}
