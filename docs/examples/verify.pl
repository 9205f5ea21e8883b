# Is this request Nod's? Body on standard input, headers as a CGI server sets them; exit 1: no.
use strict;
use warnings;
use Digest::SHA qw(hmac_sha256);
use MIME::Base64 qw(decode_base64 encode_base64);

sub is_nods {
    my ($secret, $id, $timestamp, $signatures, $body) = @_;
    my $key = decode_base64($secret =~ s/^whsec_//r);
    my $ours = 'v1,' . encode_base64(hmac_sha256("$id.$timestamp.$body", $key), '');
    # Hashed once more, because `eq` takes longer the more of two words agrees.
    my $is_ours = grep { hmac_sha256($_, $key) eq hmac_sha256($ours, $key) } split ' ', $signatures;
    return $is_ours && abs(time - $timestamp) <= 300;
}

binmode STDIN;
my $body = do { local $/; <STDIN> };
my @headers = map { $ENV{"HTTP_WEBHOOK_$_"} } qw(ID TIMESTAMP SIGNATURE);
is_nods($ENV{NOD_SECRET}, @headers, $body) or do { warn "not signed by Nod, or too old\n"; exit 1 };
