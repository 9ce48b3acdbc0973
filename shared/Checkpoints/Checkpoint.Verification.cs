using Distributed.Tensors;
using Distributed.Tensors.Safetensors;

namespace Distributed.Checkpoints;

/// <summary>The progress of a verification.</summary>
/// <param name="BytesDone">Bytes hashed so far.</param>
/// <param name="BytesTotal">Bytes of all tensors.</param>
public readonly record struct VerificationProgress(long BytesDone, long BytesTotal);

/// <summary>The result of a verification.</summary>
/// <param name="Tensors">Tensors whose data was hashed.</param>
/// <param name="Bytes">Bytes hashed.</param>
/// <param name="Problems">Every problem, with file and tensor; empty if the checkpoint is sound.</param>
public sealed record CheckpointVerification(int Tensors, long Bytes, IReadOnlyList<string> Problems)
{
    public bool IsValid => Problems.Count == 0;
}

public sealed partial class Checkpoint
{
    /// <summary>
    /// Reads the whole checkpoint and checks that every file exists with the length that its header states, that the headers agree with the
    /// manifest, and that every tensor has its hash and is finite. Collects all problems instead of stopping at the first.
    /// </summary>
    /// <param name="progress">Receives a report after every piece, on this thread; null for none.</param>
    /// <param name="cancellation">Cancels the verification.</param>
    /// <exception cref="OperationCanceledException">The verification was cancelled.</exception>
    public CheckpointVerification Verify(IProgress<VerificationProgress>? progress = null, CancellationToken cancellation = default)
    {
        var problems = _files.HeaderProblems(Manifest);
        var total = Manifest.Tensors.Sum(t => t.Length);
        var (tensors, bytes) = (0, 0L);
        foreach (var entry in Manifest.Tensors)
        {
            try
            {
                var file = _files.FileOf(entry);
                using var hash = TensorHash.Like(entry.Hash);
                var type = SafetensorsDtype.Find(entry.Dtype)!.Scalar;
                var isFinite = true;
                var found = file.Hash(entry.Name, hash, piece =>
                {
                    cancellation.ThrowIfCancellationRequested();
                    isFinite = isFinite && FiniteValues.AreAll(piece, type);
                    bytes += piece.Length;
                    progress?.Report(new VerificationProgress(bytes, total));
                });
                tensors++;
                if (found != entry.Hash) problems.Add(HashProblem(file, entry, found));
                else if (!isFinite)
                    problems.Add($"{file.Path}: tensor {SafetensorsException.Quote(entry.Name)}: "
                        + "has a value that is not finite (NaN or infinity)");
            }
            catch (SafetensorsException e)
            {
                problems.Add(e.Message);
            }
            catch (CheckpointException)
            {
                // HeaderProblems has already reported why this tensor cannot be read.
            }
        }

        return new CheckpointVerification(tensors, bytes, problems);
    }
}
