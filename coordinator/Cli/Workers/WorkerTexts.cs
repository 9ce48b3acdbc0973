using Distributed.Checkpoints.Stores;
using Distributed.Cli.Models;
using Distributed.Data.Preparation;
using Distributed.Worker.Roles;

namespace Distributed.Cli.Workers;

/// <summary>The text of the job that a worker has in hand; the one before goes when another comes.</summary>
internal sealed class WorkerTexts : IDisposable
{
    private PreparedData? _data;
    private string? _key;

    /// <summary>An assignment's text. Rank 0 puts its tokenizer beside the checkpoints, so that the run's folder speaks for itself.</summary>
    public PreparedData Of(RoleAssignment assignment)
    {
        var key = assignment.Job.ToJson()["data"]!.ToJsonString();
        if (_data is null || key != _key)
        {
            Dispose();
            (_data, _key) = (DataPreparation.Prepare(assignment.Job.Data.ToOptions()), key);
        }

        if (assignment.Rank == 0) Keep(_data, assignment.Job.Checkpoint.Directory);
        return _data;
    }

    public void Dispose()
    {
        _data?.Dispose();
        _data = null;
    }

    private static void Keep(PreparedData data, string checkpoints)
    {
        using (new DirectoryStore(checkpoints).Claim()) // never over another run's
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
