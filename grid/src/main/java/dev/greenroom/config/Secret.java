package dev.greenroom.config;

/// A secret value; its text form is masked.
///
/// @param value the value itself; pass it only to the peer that it is for
public record Secret(String value) {
    @Override
    public String toString() {
        return "******";
    }
}
