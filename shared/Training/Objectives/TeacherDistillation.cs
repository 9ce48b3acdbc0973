using Distributed.Models;
using Distributed.Parallel.Forward;
using Distributed.Parallel.Segments;
using Distributed.Tensors.Kernels;
using Distributed.Training.Frozen;
using Distributed.Training.Objectives.Distillation;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Training.Objectives;

/// <summary>
/// Distillation on a teacher's distribution over the vocabulary, at each response token, mixed with the cross-entropy of the tokens
/// themselves (Hinton et al. 2015). The tokens are processed in chunks, so that memory never holds the logits of all tokens.
/// </summary>
/// <param name="model">The network in training: the student.</param>
/// <param name="teacher">The teacher, with the same vocabulary; this object takes ownership.</param>
/// <param name="options">The divergence.</param>
public sealed class TeacherDistillation(Decoder model, FrozenNetwork teacher, DistillationOptions options) : IObjective
{
    private readonly FrozenResults<Tensor> _teachers = new();

    /// <inheritdoc/>
    public IReadOnlyList<string> Metrics => ["divergence", "cross_entropy"];

    /// <inheritdoc/>
    public string Term => "target";

    /// <inheritdoc/>
    public long TermsOf(TokenBatch batch) => batch.TargetCount(0);

    /// <inheritdoc/>
    public void Begin(long step, IReadOnlyList<TokenBatch> batches, int firstIndex = 0) =>
        _teachers.Compute(batches, (batch, index) => teacher.Hidden(step, firstIndex + index, batch));

    /// <inheritdoc/>
    public TrunkHead? Head(TokenBatch batch, double[] metrics) => (tape, hidden) =>
    {
        var responses = new BatchResponses(batch);
        tape.Own(responses);
        var given = _teachers.Of(batch);
        var chunks = HeadChunks.Of(responses.Targets.shape[0], model.Config.VocabSize).ToList();
        if (chunks.Count == 0) chunks.Add((0, 0));
        Boundary[] losses = [.. chunks.Select(chunk => Chunk(tape, hidden, responses, given, chunk, metrics))];
        return losses.Length == 1 ? losses[0] : tape.Sum("distillation loss", losses);
    };

    private Boundary Chunk(Tape tape, Boundary hidden, BatchResponses responses, Tensor given, (long Begin, long Count) chunk,
        double[] metrics)
    {
        var results = tape.Segment("lm_head", [model.OutputHead], [hidden], inputs =>
        {
            var (begin, count) = chunk;
            var positions = responses.Positions.narrow(0, begin, count);
            var student = model.Logits(inputs[0].flatten(0, 1).index_select(0, positions)).to(model.Parameters.Wide);
            var of = teacher.Logits(given.narrow(0, begin, count)).to(model.Parameters.Wide);
            var divergence = Divergence(student, of).sum();
            var crossEntropy = -student.log_softmax(-1).gather(-1, responses.Targets.narrow(0, begin, count).unsqueeze(-1)).sum();
            var loss = (1 - options.HardWeight) * divergence + options.HardWeight * crossEntropy;
            return [("loss", loss), ("divergence", divergence), ("cross-entropy", crossEntropy)];
        }, recompute: true);
        metrics[0] += results[1].Value.ToDouble();
        metrics[1] += results[2].Value.ToDouble();
        return results[0];
    }

    private Tensor Divergence(Tensor student, Tensor of) => options.Divergence switch
    {
        DivergenceKind.ForwardKl => DivergenceLoss.ForwardKl(student, of, options.Temperature),
        DivergenceKind.ReverseKl => DivergenceLoss.ReverseKl(student, of, options.Temperature),
        DivergenceKind.JensenShannon => DivergenceLoss.JensenShannon(student, of, options.Mixture, options.Temperature),
        var other => throw new InvalidOperationException($"Unknown divergence {other}."),
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        _teachers.Dispose();
        teacher.Dispose();
    }
}

/// <summary>A divergence between the teacher's and the student's distribution.</summary>
public enum DivergenceKind
{
    /// <summary>KL(teacher || student).</summary>
    ForwardKl,

    /// <summary>KL(student || teacher).</summary>
    ReverseKl,

    /// <summary>Generalised Jensen-Shannon divergence.</summary>
    JensenShannon,
}

/// <summary>Options of distillation on a distribution.</summary>
/// <param name="Divergence">The divergence.</param>
/// <param name="Temperature">Divides both logits, above 0.</param>
/// <param name="Mixture">Weight of the teacher in the Jensen-Shannon divergence, above 0 and below 1.</param>
/// <param name="HardWeight">Weight of the cross-entropy of the tokens, 0 to below 1; the divergence has the rest.</param>
public sealed record DistillationOptions(
    DivergenceKind Divergence, double Temperature = 1, double Mixture = 0.5, double HardWeight = 0);
