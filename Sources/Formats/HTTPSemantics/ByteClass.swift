public import Bytes

/// A set of bytes with membership in one load: the alphabets of HTTP and URI grammar.
///
/// Each set is drawn as eight rows of 32 characters, one for every byte value in order. A space means "not in the set"; no
/// set of these grammars contains the space itself. The rows are a literal, so a set needs no initialisation at run time.
public struct ByteClass: Sendable {
    @usableFromInline let rows: StaticString

    /// A set drawn as exactly 256 ASCII characters.
    @inlinable
    init(_ rows: StaticString) { self.rows = rows }

    /// Whether the byte is in the set.
    @inlinable
    @inline(__always)
    public func contains(_ byte: UInt8) -> Bool { rows.utf8Start[Int(byte)] != 0x20 }

    /// Whether the view has at least one byte and all its bytes are in the set.
    @inlinable
    public func matches(_ bytes: ByteView) -> Bool {
        var index = 0
        while index < bytes.count {
            if !contains(bytes.base[index]) { return false }
            index &+= 1
        }
        return index > 0
    }

    /// `tchar`: what method names, field names and most list members are made of (RFC 9110 section 5.6.2).
    @inlinable public static var token: ByteClass {
        ByteClass(
            """
                                            \
             ! #$%&'  *+ -. 0123456789      \
             ABCDEFGHIJKLMNOPQRSTUVWXYZ   ^_\
            `abcdefghijklmnopqrstuvwxyz | ~ \
                                            \
                                            \
                                            \
                                            \

            """)
    }

    /// `unreserved`: characters that mean the same escaped and unescaped (RFC 3986 section 2.3).
    @inlinable public static var unreserved: ByteClass {
        ByteClass(
            """
                                            \
                         -. 0123456789      \
             ABCDEFGHIJKLMNOPQRSTUVWXYZ    _\
             abcdefghijklmnopqrstuvwxyz   ~ \
                                            \
                                            \
                                            \
                                            \

            """)
    }

    /// `pchar` without the percent sign: what a path segment may hold unescaped (RFC 3986 section 3.3).
    @inlinable public static var segment: ByteClass {
        ByteClass(
            """
                                            \
             !  $ &'()*+,-. 0123456789:; =  \
            @ABCDEFGHIJKLMNOPQRSTUVWXYZ    _\
             abcdefghijklmnopqrstuvwxyz   ~ \
                                            \
                                            \
                                            \
                                            \

            """)
    }

    /// What a query may hold: the grammar of RFC 3986 section 3.4, the percent sign, and the characters browsers send
    /// unescaped all the same (the WHATWG URL standard's query percent-encode set leaves `[ ] { } | \ ^` and the backtick alone).
    @inlinable public static var query: ByteClass {
        ByteClass(
            #"""
                                            \#
             !  $%&'()*+,-./0123456789:; = ?\#
            @ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_\#
            `abcdefghijklmnopqrstuvwxyz{|}~ \#
                                            \#
                                            \#
                                            \#
                                            \#

            """#)
    }
}
