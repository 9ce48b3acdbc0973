using Distributed.Coordinator.Jobs;

namespace Distributed.Cli.Training;

/// <summary>Shows a run while it goes on.</summary>
internal interface ITrainView
{
    /// <summary>Shows every notice until there are no more.</summary>
    /// <param name="notices">The run's notices.</param>
    /// <param name="figures">Takes them in.</param>
    Task ShowAsync(NoticeStream notices, RunFigures figures);

    /// <summary>Something that the user should know.</summary>
    void Say(string message);
}
