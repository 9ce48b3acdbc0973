using Distributed.Checkpoints.Stores;
using Distributed.Cli.Models;
using Distributed.Data.Preparation;
using Distributed.Training.Jobs;
using Distributed.Worker.Roles;

namespace Distributed.Cli.Workers;

/// <summary>The text of the job that a worker has in hand; the one before goes when another comes.</summary>
/// <param name="log">Where warnings about the text go.</param>
internal sealed class WorkerTexts(TextWriter log) : IDisposable
{
    private PreparedData? _data;
    private string? _key;

    /// <summary>A job's text. Rank 0 puts its tokenizer beside the checkpoints, so that the run's folder speaks for itself.</summary>
    public PreparedData Of(TrainingJob job, RoleAssignment? assignment, CancellationToken stop)
    {
        var key = job.ToJson()["data"]!.ToJsonString();
        if (_data is null || key != _key)
        {
            Dispose();
            (_data, _key) = (DataPreparation.Prepare(job.Data.ToOptions(), cancellation: stop), key);
            foreach (var notice in _data.Notices) log.WriteLine($"warning: {notice.Message}");
        }

        if (assignment is { Rank: 0, Epoch: var epoch }) Keep(_data, job.Checkpoint.Directory, new StoreOwner(epoch.Job.Value, epoch.Epoch));
        return _data;
    }

    public void Dispose()
    {
        _data?.Dispose();
        _data = null;
    }

    private static void Keep(PreparedData data, string checkpoints, StoreOwner owner)
    {
        using (new DirectoryStore(checkpoints).Claim(owner)) // never over another run's
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
