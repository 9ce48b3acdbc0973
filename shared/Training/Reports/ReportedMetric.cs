namespace Distributed.Training.Reports;

/// <summary>A metric of an objective besides its loss.</summary>
/// <param name="Name">Name of the metric, in lower case with underscores.</param>
/// <param name="Value">Mean over the terms of the global batch or of an evaluation.</param>
public readonly record struct ReportedMetric(string Name, double Value);
