package dev.greenroom.cli.doctor;

/// Something that is wrong.
///
/// @param what is wrong, with what
/// @param remedy what to do about it
public record Finding(Severity severity, String what, String remedy) {

    /// How wrong it is.
    public enum Severity {
        /// It works, and will hurt.
        WARNING,
        /// It does not work, or others can use what is not theirs.
        ERROR
    }

    static Finding error(String what, String remedy) {
        return new Finding(Severity.ERROR, what, remedy);
    }

    static Finding warning(String what, String remedy) {
        return new Finding(Severity.WARNING, what, remedy);
    }
}
