"""The mind `llm`: what a language model is told, and what is made of its answer; asking it is the runtime's."""
