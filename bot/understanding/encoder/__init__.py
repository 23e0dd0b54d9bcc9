"""multilingual-e5-small run by onnxruntime in int8: one text of any language in, one unit vector of 384 numbers out."""

from bot.understanding.encoder.engine import DIMENSIONS, Encoder, EncoderError, shared_encoder

__all__ = ["DIMENSIONS", "Encoder", "EncoderError", "shared_encoder"]
