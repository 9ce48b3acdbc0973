namespace Distributed.Training.Reports;

/// <summary>Report of one rank's part of a recovery point.</summary>
/// <param name="Step">Steps committed in the recovery point.</param>
/// <param name="Bytes">Size of the part, in bytes.</param>
/// <param name="Seconds">Time in which training waited for the recovery point, in seconds.</param>
/// <param name="Every">Largest number of steps until the next recovery point.</param>
public sealed record RecoveryPointReport(long Step, long Bytes, double Seconds, int Every);
