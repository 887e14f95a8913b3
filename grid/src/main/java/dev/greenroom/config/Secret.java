package dev.greenroom.config;

/// A value that is never shown.
///
/// @param value the value itself; hand it only to whom it is for
public record Secret(String value) {
    @Override
    public String toString() {
        return "******";
    }
}
