// Reads a published log knowing nothing of it but C2SP tlog-tiles, with the Go project's own tile library:
//
//	tile-reader URL NAME KEY.pem [OLD-CHECKPOINT...]
//
// URL is the folder of one tree, NAME the name in its signature lines. Verifies the checkpoint's signature, every
// entry against its hash and its inclusion in the tree, and that the tree extends each older checkpoint.
package main

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

var errMissing = errors.New("not published")

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 3 {
		return errors.New("usage: tile-reader URL NAME KEY.pem [OLD-CHECKPOINT...]")
	}
	key, err := readKey(args[1], args[2])
	if err != nil {
		return err
	}
	src := &source{url: args[0], seen: map[string][]byte{}}
	signed, err := src.get("checkpoint")
	if err != nil {
		return err
	}
	tree, err := openCheckpoint(signed, key)
	if err != nil {
		return err
	}
	hashes := tlog.TileHashReader(tree, src)
	if err := checkEntries(src, tree, hashes); err != nil {
		return err
	}
	for _, path := range args[3:] {
		if err := checkOlder(path, key, tree, hashes); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	fmt.Printf("verified %d entries, %d older checkpoints\n", tree.N, len(args)-3)
	return nil
}

func checkEntries(src *source, tree tlog.Tree, hashes tlog.HashReader) error {
	var rest []byte
	for n := int64(0); n < tree.N; n++ {
		if n%256 == 0 {
			if len(rest) > 0 {
				return fmt.Errorf("bytes after the last entry before %d", n)
			}
			bundle, err := src.resource("entries", n/256, min(256, int(tree.N-n)))
			if err != nil {
				return err
			}
			rest = bundle
		}
		if len(rest) < 2 || len(rest) < 2+int(binary.BigEndian.Uint16(rest)) {
			return fmt.Errorf("entry %d is cut short", n)
		}
		end := 2 + int(binary.BigEndian.Uint16(rest))
		leaf := tlog.RecordHash(rest[2:end])
		rest = rest[end:]
		proof, err := tlog.ProveRecord(tree.N, n, hashes)
		if err != nil {
			return fmt.Errorf("entry %d: %w", n, err)
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, n, leaf); err != nil {
			return fmt.Errorf("entry %d: %w", n, err)
		}
	}
	return nil
}

func checkOlder(path string, key note.Verifier, tree tlog.Tree, hashes tlog.HashReader) error {
	signed, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	old, err := openCheckpoint(signed, key)
	if err != nil {
		return err
	}
	if old.N == 0 {
		// Every tree extends the empty one.
		if old.Hash != sha256.Sum256(nil) {
			return errors.New("not the root of the empty tree")
		}
		return nil
	}
	proof, err := tlog.ProveTree(tree.N, old.N, hashes)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash)
}

func openCheckpoint(signed []byte, key note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(signed, note.VerifierList(key))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.SplitN(opened.Text, "\n", 4)
	if len(lines) < 4 {
		return tlog.Tree{}, errors.New("no checkpoint")
	}
	var size int64
	if _, err := fmt.Sscanf(lines[1], "%d", &size); err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// source reads objects over HTTP; tlog verifies the tiles it gets of it.
type source struct {
	url  string
	seen map[string][]byte
}

func (s *source) get(path string) ([]byte, error) {
	if bytes, ok := s.seen[path]; ok {
		return bytes, nil
	}
	answer, err := http.Get(s.url + "/" + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	bytes, err := io.ReadAll(answer.Body)
	if answer.StatusCode == http.StatusNotFound {
		return nil, fmt.Errorf("%s: %w", path, errMissing)
	}
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", path, answer.Status)
	}
	if err == nil {
		s.seen[path] = bytes
	}
	return bytes, err
}

// resource gets a tile of a level, or a bundle of entries, that has this width; a full one may have taken its place.
func (s *source) resource(level string, index int64, width int) ([]byte, error) {
	tile := tlog.Tile{H: height, L: 0, N: index, W: width}
	path := strings.Replace(tile.Path(), "tile/8/0/", "tile/"+level+"/", 1)
	bytes, err := s.get(path)
	if full, _, partial := strings.Cut(path, ".p/"); partial && errors.Is(err, errMissing) {
		return s.get(full)
	}
	return bytes, err
}

func (s *source) Height() int { return height }

func (s *source) SaveTiles([]tlog.Tile, [][]byte) {}

func (s *source) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		bytes, err := s.resource(fmt.Sprint(tile.L), tile.N, tile.W)
		if err != nil {
			return nil, err
		}
		all = append(all, bytes[:min(len(bytes), tile.W*tlog.HashSize)])
	}
	return all, nil
}

// ecdsaVerifier verifies notes as Rekor v1 signs them: the key's id is a hash of its SubjectPublicKeyInfo alone.
type ecdsaVerifier struct {
	name string
	id   uint32
	key  *ecdsa.PublicKey
}

func readKey(name, path string) (note.Verifier, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("no PEM")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*ecdsa.PublicKey)
	if !ok {
		return nil, errors.New("not an ECDSA key")
	}
	id := sha256.Sum256(block.Bytes)
	return &ecdsaVerifier{name, binary.BigEndian.Uint32(id[:]), key}, nil
}

func (v *ecdsaVerifier) Name() string { return v.name }

func (v *ecdsaVerifier) KeyHash() uint32 { return v.id }

func (v *ecdsaVerifier) Verify(message, signature []byte) bool {
	digest := sha256.Sum256(message)
	return ecdsa.VerifyASN1(v.key, digest[:], signature)
}
