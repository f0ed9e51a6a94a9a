package server

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

func refuseUnknown(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if err := checkKnown(req); err != nil {
		return nil, err
	}
	return next(ctx, req)
}

func refuseUnknownStream(srv any, s grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	return next(srv, knownStream{s})
}

type knownStream struct{ grpc.ServerStream }

// RecvMsg receives a message and refuses one with unknown fields.
func (s knownStream) RecvMsg(m any) error {
	if err := s.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	return checkKnown(m)
}

func checkKnown(m any) error {
	message, ok := m.(proto.Message)
	if !ok {
		return status.Errorf(codes.Internal, "a request is a %T, not a protobuf message", m)
	}
	if where := unknownIn(message.ProtoReflect()); where != "" {
		return status.Errorf(codes.InvalidArgument,
			"%s has a field that this netagent does not know: caller and netagent must be of one version", where)
	}
	return nil
}

// unknownIn returns the name of a message in m, itself included, that has
// unknown fields, or "".
func unknownIn(m protoreflect.Message) (name protoreflect.FullName) {
	if len(m.GetUnknown()) > 0 {
		return m.Descriptor().FullName()
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Message() == nil || f.IsMap():
		case f.IsList():
			for i := 0; i < v.List().Len() && name == ""; i++ {
				name = unknownIn(v.List().Get(i).Message())
			}
		default:
			name = unknownIn(v.Message())
		}
		return name == ""
	})
	return name
}
