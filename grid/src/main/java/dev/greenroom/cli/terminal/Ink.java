package dev.greenroom.cli.terminal;

/// What a text means to the eye.
public enum Ink {
    PLAIN(""),
    BOLD("1"),
    FAINT("2"),
    GOOD("32"),
    DOUBTFUL("33"),
    BAD("31");

    private final String code;

    Ink(String code) {
        this.code = code;
    }

    String on(String text) {
        return code.isEmpty() || text.isBlank() ? text : "\u001b[" + code + "m" + text + "\u001b[0m";
    }
}
