using Distributed.Checkpoints.Stores;
using Distributed.Cli.Models;
using Distributed.Data.Preparation;
using Distributed.Training.Jobs;
using Distributed.Worker.Roles;

namespace Distributed.Cli.Workers;

/// <summary>Prepares and holds the training text of a worker's current job. The text of another job replaces it.</summary>
/// <param name="log">Receives warnings about the text.</param>
internal sealed class WorkerTexts(TextWriter log) : IDisposable
{
    private PreparedData? _data;
    private string? _key;

    /// <summary>
    /// Returns a job's text. Rank 0 saves the tokenizer beside the checkpoints, so that the run's folder is self-contained.
    /// </summary>
    public PreparedData Of(TrainingJob job, RoleAssignment? assignment, CancellationToken stop)
    {
        var key = JobData.KeyOf(job);
        if (_data is null || key != _key)
        {
            Dispose();
            (_data, _key) = (JobData.Prepare(job, cancellation: stop), key);
            foreach (var notice in JobData.Notices(_data)) log.WriteLine($"warning: {notice.Message}");
        }

        if (assignment is { Rank: 0, Epoch: var epoch })
            Keep(_data, job.Checkpoint.Directory, new StoreOwner(epoch.Job.Value, epoch.Epoch));
        return _data;
    }

    public void Dispose()
    {
        _data?.Dispose();
        _data = null;
    }

    private static void Keep(PreparedData data, string checkpoints, StoreOwner owner)
    {
        using (new DirectoryStore(checkpoints).Claim(owner)) // fails if another run uses the folder
        {
            try
            {
                TokenizerFolder.Save(data.Tokenizer, checkpoints);
            }
            catch (UserErrorException error)
            {
                throw new IOException(error.Message, error);
            }
        }
    }
}
