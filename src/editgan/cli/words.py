"""What to do about an error, in the command line's words."""

from editgan.core.errors import EditGANError

# By the error's code; the values in braces are its fields
REMEDIES = {
    "no-subject": "say where it is with --box x,y,w,h",
    "no-such-subject": "choose one with --face, from 1 to {count}",
    "no-detector": "say where it is with --box x,y,w,h, or with --box 0,0,{width},{height} if the photo is "
    "framed already",
    "aligner-not-needed": "it needs none, for --box is taken as given",
    "another-generator": "learn it anew, or try it all the same with --insist",
    "another-bundle": "name that bundle with --bundle",
    "another-photo": "give that one, or its vectors with --vector",
    "other-settings": "choose another --out",
    "being-trained": "wait for it, stop it, or choose another --out",
    "queue-runs": "stop it first, or choose another --out",
    "parts-unknown": "name them with --classes",
    "brings-classes": "leave --classes out and edit the new classes.json to rename parts",
    "one-class-only": "leave --class out",
    "unusable-discriminator": "leave it out with --no-discriminator",
    "host-without-token": "give --token, or leave --host away to be reached from this machine only",
}
SENTENCES = {"operation": "--{kind} takes {wanted}, got {text!r}"}  # instead of the library's


def in_words(error: Exception) -> str:
    """One sentence: the library's, but for what a command line says better; of files, the system's."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if not isinstance(error, EditGANError):
        return str(error)
    if (sentence := SENTENCES.get(error.code)) is not None:
        return sentence.format(**error.fields)
    remedy = REMEDIES.get(error.code)
    return f"{error.what}; {remedy.format(**error.fields)}" if remedy and error.what else str(error)
