using Distributed.Data.Examples.Records;

namespace Distributed.Data.Examples.Files;

/// <summary>The result of reading one line: an example or a mistake.</summary>
/// <param name="Example">The example; null if the line cannot be used.</param>
/// <param name="Problem">The mistake with file, line and fix; null if there is none.</param>
internal readonly record struct ExampleLine(Example? Example, string? Problem);
