package dev.greenroom.wire;

/// A launch option that no client may choose; ends the reading of them.
final class RefusedOptionException extends Exception {
    private static final long serialVersionUID = 1;

    private final String option;
    private final String why;

    RefusedOptionException(String option, String why) {
        super(option + ": " + why);
        this.option = option;
        this.why = why;
    }

    String option() {
        return option;
    }

    String why() {
        return why;
    }
}
