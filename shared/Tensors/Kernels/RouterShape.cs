namespace Distributed.Tensors.Kernels;

/// <summary>What a router chooses from and how it weighs.</summary>
/// <param name="Chosen">K.</param>
/// <param name="Groups">Groups of equally many experts; 1 for none.</param>
/// <param name="ChosenGroups">Groups that one token may choose from.</param>
/// <param name="Normalise">Whether the chosen scores are divided by their sum.</param>
/// <param name="Scale">Factor on the weights.</param>
public readonly record struct RouterShape(int Chosen, int Groups, int ChosenGroups, bool Normalise, double Scale);
