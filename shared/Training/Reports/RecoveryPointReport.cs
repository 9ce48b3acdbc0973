namespace Distributed.Training.Reports;

/// <summary>One rank's part of a recovery point.</summary>
/// <param name="Step">Steps committed in it.</param>
/// <param name="Bytes">Of the part.</param>
/// <param name="Seconds">For which steps stood still.</param>
/// <param name="Every">Steps until the next one, at most.</param>
public sealed record RecoveryPointReport(long Step, long Bytes, double Seconds, int Every);
