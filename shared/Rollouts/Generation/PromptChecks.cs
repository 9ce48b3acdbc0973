using Distributed.Models;

namespace Distributed.Rollouts.Generation;

/// <summary>Checks prompts before anything is computed.</summary>
internal static class PromptChecks
{
    public static IEnumerable<string> Problems(IReadOnlyList<GenerationRequest> requests, DecoderConfig config)
    {
        var context = config.MaxPositionEmbeddings;
        for (var index = 0; index < requests.Count; index++)
        {
            var prompt = requests[index].Prompt;
            if (prompt.Count == 0) yield return $"Prompt {index} is empty; give at least one token, such as the beginning-of-text token.";
            if (prompt.Count >= context)
            {
                yield return $"Prompt {index} has {prompt.Count} tokens; the network's context is max_position_embeddings = {context} "
                    + "tokens, "
                    + "of which at least one must be left to generate. "
                    + (context > 1 ? $"Shorten the prompt to {context - 1} tokens, or use" : "Use") + " a network with a longer context.";
            }

            for (var at = 0; at < prompt.Count; at++)
            {
                if (prompt[at] >= 0 && prompt[at] < config.VocabSize) continue;
                yield return $"Prompt {index} has token {prompt[at]} at position {at}; the network's tokens are 0 to "
                    + $"{config.VocabSize - 1}. "
                    + "Encode the prompt with the tokenizer that the network was trained with.";
                break; // one message per prompt: with a wrong tokenizer, many tokens are out of range
            }
        }
    }
}
